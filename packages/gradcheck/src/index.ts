export {
  checkGradients,
  checkSecondGradients,
  type Differentiated,
  type GradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradcheck.js';
export { type Comparison, GradcheckError, type GradcheckKind, type GradientReport } from './report.js';
