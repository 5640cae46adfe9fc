export { checkGradients, checkSecondGradients, gradcheck, gradgradcheck } from './gradcheck.js';
export type { Differentiated, GradcheckOptions } from './options.js';
export { type Comparison, GradcheckError, type GradcheckKind, type GradientReport } from './report.js';
