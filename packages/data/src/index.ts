export { type Collated, collate } from './collate.js';
export {
  type BatchedDataset,
  type Columns,
  ConcatDataset,
  type Dataset,
  MappedDataset,
  randomSplit,
  Subset,
  TensorDataset,
} from './dataset.js';
export {
  type CollateOptions,
  DataLoader,
  type DefaultBatch,
  type LoaderOptions,
  type LoaderState,
} from './loader.js';
export { type Sampler, sequential, shuffled, weighted } from './sampler.js';
