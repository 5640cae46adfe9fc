export {
  checkGradients,
  checkSecondGradients,
  type Differentiated,
  type GradcheckOptions,
  gradcheck,
  gradgradcheck,
} from './gradcheck.js';
export { type Comparison, type GradcheckKind, GradcheckError, type GradientReport } from './report.js';
