import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params } from '../params.js';

function unary(fn: (x: f.Tensor) => f.Tensor): Adapter {
  return adapter('input', p => fn(p.tensor('input')));
}

function binary(fn: (a: f.Tensor | number, b: f.Tensor | number) => f.Tensor): Adapter {
  return adapter('input other', p => fn(p.operand('input'), p.operand('other')));
}

/** PyTorch's activations take `inplace` as well. */
function activation(names: string, fn: (p: Params) => f.Tensor): Adapter {
  return adapter(`input ${names} inplace`.replace('  ', ' '), p => {
    p.outOfPlace();
    return fn(p);
  });
}

function triangle(fn: (x: f.Tensor, options: f.DiagonalOptions) => f.Tensor): Adapter {
  return adapter('input diagonal', p => fn(p.tensor('input'), { diagonal: p.maybeNumber('diagonal') }));
}

const acos = unary(f.acos);
const acosh = unary(f.acosh);
const asin = unary(f.asin);
const asinh = unary(f.asinh);
const atan = unary(f.atan);
const atanh = unary(f.atanh);
const atan2 = binary((a, b) => f.atan2(a, b));

export const elementwise: AdapterTable = {
  acos,
  arccos: acos,
  acosh,
  arccosh: acosh,
  asin,
  arcsin: asin,
  asinh,
  arcsinh: asinh,
  atan,
  arctan: atan,
  atanh,
  arctanh: atanh,
  atan2,
  arctan2: atan2,
  cosh: unary(f.cosh),
  sinh: unary(f.sinh),
  tan: unary(f.tan),
  exp2: unary(f.exp2),
  log2: unary(f.log2),
  log10: unary(f.log10),
  erfc: unary(f.erfc),
  erfinv: unary(f.erfinv),
  lgamma: unary(f.lgamma),
  digamma: unary(f.digamma),
  polygamma: adapter('n input', p => f.polygamma(p.number('n'), p.tensor('input'))),
  frac: unary(f.frac),
  isnan: unary(f.isnan),
  isinf: unary(f.isinf),
  isfinite: unary(f.isfinite),
  nan_to_num: adapter('input nan posinf neginf', p =>
    f.nanToNum(p.tensor('input'), {
      nan: p.maybeNumber('nan'),
      posinf: p.maybeNumber('posinf'),
      neginf: p.maybeNumber('neginf'),
    }),
  ),
  remainder: binary((a, b) => f.remainder(a, b)),
  fmod: binary((a, b) => f.fmod(a, b)),
  floor_divide: binary((a, b) => f.div(a, b, { rounding: 'floor' })),
  hypot: binary((a, b) => f.hypot(a, b)),
  logaddexp: binary((a, b) => f.logaddexp(a, b)),
  xlogy: binary((a, b) => f.xlogy(a, b)),
  lerp: adapter('input end weight', p => f.lerp(p.tensor('input'), p.tensor('end'), p.operand('weight'))),
  addcmul: adapter('input tensor1 tensor2 value', p =>
    f.addcmul(p.tensor('input'), p.tensor('tensor1'), p.tensor('tensor2'), { value: p.maybeNumber('value') }),
  ),
  addcdiv: adapter('input tensor1 tensor2 value', p =>
    f.addcdiv(p.tensor('input'), p.tensor('tensor1'), p.tensor('tensor2'), { value: p.maybeNumber('value') }),
  ),
  masked_fill: adapter('input mask value', p =>
    f.maskedFill(p.tensor('input'), p.tensor('mask'), p.operand('value')),
  ),
  isclose: adapter('input other rtol atol equal_nan', p =>
    f.isclose(p.tensor('input'), p.tensor('other'), {
      rtol: p.maybeNumber('rtol'),
      atol: p.maybeNumber('atol'),
      equalNan: p.flag('equal_nan'),
    }),
  ),

  relu6: activation('', p => f.relu6(p.tensor('input'))),
  elu: activation('alpha', p => f.elu(p.tensor('input'), { alpha: p.maybeNumber('alpha') })),
  celu: activation('alpha', p => f.celu(p.tensor('input'), { alpha: p.maybeNumber('alpha') })),
  selu: activation('', p => f.selu(p.tensor('input'))),
  mish: activation('', p => f.mish(p.tensor('input'))),
  hardtanh: activation('min_val max_val', p =>
    f.hardtanh(p.tensor('input'), { min: p.maybeNumber('min_val'), max: p.maybeNumber('max_val') }),
  ),
  hardsigmoid: activation('', p => f.hardsigmoid(p.tensor('input'))),
  hardswish: activation('', p => f.hardswish(p.tensor('input'))),
  prelu: adapter('input weight', p => f.prelu(p.tensor('input'), p.tensor('weight'))),
  softsign: unary(f.softsign),
  logsigmoid: unary(f.logsigmoid),
  glu: adapter('input dim', p => f.glu(p.tensor('input'), p.maybeNumber('dim'))),
  softmin: adapter('input dim dtype', p => f.softmin(p.converted('input'), p.number('dim'))),

  tril: triangle(f.tril),
  triu: triangle(f.triu),
  diag: triangle(f.diag),
};
