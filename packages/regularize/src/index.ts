export { Dropout, type DropoutFunctionOptions, type DropoutOptions, dropout } from './dropout.js';
export { l1, l2, type Penalised } from './penalties.js';
