import { abs, madd, select, step, withSign } from './common';
import { expModerate } from './exponential';

/**
 * Coefficients by least squares at Chebyshev nodes.
 * Near 0: x + x P(x^2). float32: below 0.93, degree 5, relative error 2^-26; float64: below 1, degree 12, 2^-56.
 * Beyond, float32: 1 - e^g(x) with g a fit of log(erfc(x)) on [0.9, 4], degree 7, error 2^-33 of erf.
 * Beyond, float64: 1 - e^(-x^2) R((x - 2) / (x + 2)), R a fit of erfc(x) e^(x^2) on [1, 6.1], degree 12, error 2^-60 of erf.
 */
@inline
export function erf<T>(x: v128): v128 {
  const magnitude = abs<T>(x);
  const one = v128.splat<T>(<T>1);
  const z = v128.mul<T>(x, x);
  let p: v128;
  let far: v128;
  let border: T;
  if (sizeof<T>() == 4) {
    border = <T>0.93;
    p = step<T>(v128.splat<T>(<T>-0.00059743325), z, <T>0.0049904822);
    p = step<T>(p, z, <T>-0.026765259);
    p = step<T>(p, z, <T>0.11281797);
    p = step<T>(p, z, <T>-0.37612495);
    p = step<T>(p, z, <T>0.12837915);
    const a = v128.pmin<T>(magnitude, v128.splat<T>(<T>4));
    let g = step<T>(v128.splat<T>(<T>-2.1109421e-5), a, <T>0.00043447813);
    g = step<T>(g, a, <T>-0.0041704313);
    g = step<T>(g, a, <T>0.025115967);
    g = step<T>(g, a, <T>-0.10827207);
    g = step<T>(g, a, <T>-0.6333565);
    g = step<T>(g, a, <T>-1.1295091);
    g = step<T>(g, a, <T>0.00017325729);
    far = expModerate<T>(g);
  } else {
    border = <T>1;
    p = step<T>(v128.splat<T>(<T>6.762801638832501e-11), z, <T>-1.1876555591839105e-9);
    p = step<T>(p, z, <T>1.4798357234369911e-8);
    p = step<T>(p, z, <T>-1.6372371891698225e-7);
    p = step<T>(p, z, <T>1.6463247307130268e-6);
    p = step<T>(p, z, <T>-1.4925748180206354e-5);
    p = step<T>(p, z, <T>0.00012055338161400656);
    p = step<T>(p, z, <T>-0.0008548327199358272);
    p = step<T>(p, z, <T>0.00522397762924565);
    p = step<T>(p, z, <T>-0.026866170645631897);
    p = step<T>(p, z, <T>0.11283791670958783);
    p = step<T>(p, z, <T>-0.37612638903183876);
    p = step<T>(p, z, <T>0.1283791670955126);
    const two = v128.splat<T>(<T>2);
    const a = v128.pmin<T>(magnitude, v128.splat<T>(<T>6.1));
    const t = v128.div<T>(v128.sub<T>(a, two), v128.add<T>(a, two));
    let r = step<T>(v128.splat<T>(<T>-1.2643871931570229e-5), t, <T>-2.6610855599570344e-5);
    r = step<T>(r, t, <T>2.762435722090483e-5);
    r = step<T>(r, t, <T>0.00017428939391731071);
    r = step<T>(r, t, <T>4.3536455286042765e-5);
    r = step<T>(r, t, <T>-0.0009819764701591589);
    r = step<T>(r, t, <T>-0.0008471426066616342);
    r = step<T>(r, t, <T>0.0069974617825582066);
    r = step<T>(r, t, <T>0.0037328923985727558);
    r = step<T>(r, t, <T>-0.07897858101636245);
    r = step<T>(r, t, <T>0.2416581942424718);
    r = step<T>(r, t, <T>-0.427185847413957);
    r = step<T>(r, t, <T>0.25539567631050575);
    far = v128.mul<T>(r, expModerate<T>(v128.neg<T>(v128.mul<T>(a, a))));
  }
  const near = madd<T>(magnitude, p, magnitude);
  const y = select(v128.lt<T>(magnitude, v128.splat<T>(border)), near, v128.sub<T>(one, far));
  return withSign<T>(y, x);
}
