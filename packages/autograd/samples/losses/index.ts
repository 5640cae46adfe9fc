import type { OpInfo } from '../types.js';
import { binaryLossSamples } from './binary.js';
import { classificationLossSamples } from './classification.js';
import { ctcLossSamples } from './ctc.js';
import { embeddingLossSamples } from './embedding.js';
import { likelihoodLossSamples } from './likelihood.js';
import { marginLossSamples } from './margin.js';
import { regressionLossSamples } from './regression.js';

export const lossSamples = {
  ...regressionLossSamples,
  ...classificationLossSamples,
  ...binaryLossSamples,
  ...likelihoodLossSamples,
  ...marginLossSamples,
  ...embeddingLossSamples,
  ...ctcLossSamples,
} satisfies Record<string, OpInfo>;
