import type { Shape } from '../../tensor/shapeTypes.js';
import * as differences from '../composite/differences.js';
import * as norms from '../norm.js';
import { prod } from '../prod.js';
import type { ReduceMethod } from '../reduce.js';
import * as reductions from '../reductions.js';
import * as scans from '../scan.js';

/** Further reductions, scans, norms and differences as methods. */
export const reductionMethods: Readonly<Record<string, (...args: never[]) => unknown>> = {
  prod,
  varMean: reductions.varMean,
  stdMean: reductions.stdMean,
  any: reductions.any,
  all: reductions.all,
  countNonzero: reductions.countNonzero,
  nansum: reductions.nansum,
  nanmean: reductions.nanmean,
  aminmax: reductions.aminmax,
  norm: norms.norm,
  renorm: norms.renorm,
  cumsum: scans.cumsum,
  cumprod: scans.cumprod,
  logcumsumexp: scans.logcumsumexp,
  cummax: scans.cummax,
  cummin: scans.cummin,
  diff: differences.diff,
  trapezoid: differences.trapezoid,
  cumulativeTrapezoid: differences.cumulativeTrapezoid,
};

declare module '../../tensor/tensor.js' {
  interface Tensor<out S extends Shape = Shape> {
    readonly prod: ReduceMethod;
    readonly varMean: reductions.MomentsMethod;
    readonly stdMean: reductions.MomentsMethod;
    readonly any: ReduceMethod;
    readonly all: ReduceMethod;
    readonly countNonzero: ReduceMethod;
    readonly nansum: ReduceMethod;
    readonly nanmean: ReduceMethod;
    readonly aminmax: reductions.AminmaxMethod;
    readonly norm: norms.NormMethod;
    renorm<A extends Shape>(this: Tensor<A>, p: number, dim: number, maxnorm: number): Tensor<A>;
    readonly cumsum: scans.ScanMethod;
    readonly cumprod: scans.ScanMethod;
    readonly logcumsumexp: scans.ScanMethod;
    readonly cummax: scans.CumulativeExtremumMethod;
    readonly cummin: scans.CumulativeExtremumMethod;
    diff(this: Tensor, options?: differences.DiffOptions): Tensor;
    readonly trapezoid: differences.TrapezoidMethod;
    cumulativeTrapezoid(this: Tensor, options?: differences.TrapezoidOptions): Tensor;
  }
}
