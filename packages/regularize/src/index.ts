export type { PerSample } from './augment/batch.js';
export { type BlurOptions, brightness, contrast, gaussianBlur, hue, saturation } from './augment/color.js';
export { type CutoutOptions, cutout } from './augment/erase.js';
export * from './augment/geometry.js';
export { cutmix, type Mixed, type MixOptions, mixup } from './augment/mix.js';
export { Pipeline, type PipelineOptions } from './augment/pipeline.js';
export * from './augment/random.js';
export { type ResampleSteps, type SignalOptions, timeShift, timeStretch } from './augment/signal.js';
export { type TokenDropoutOptions, tokenDropout } from './augment/text.js';
export { constrainMaxNorm, decoupledDecay, type MaxNormOptions, maxNorm } from './constraints.js';
export * from './dropout.js';
export { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState } from './earlyStopping.js';
export { type LabelSmoothingOptions, labelSmoothing } from './labelSmoothing.js';
export {
  type DropConnectOptions,
  dropConnect,
  type ParametrizationOptions,
  removeParametrization,
  type SpectralNormOptions,
  spectralNorm,
  weightNorm,
} from './parametrize.js';
export {
  type ElasticNetStrengths,
  elasticNet,
  type GroupLassoOptions,
  groupLasso,
  l1,
  l2,
  type Penalised,
} from './penalties.js';
