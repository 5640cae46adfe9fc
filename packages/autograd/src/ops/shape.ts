// What ops are made of in all other files. The files behind it hold more than is exported to users.
export { type SliceOptions, select, slice } from './shape/cut.js';
export { expand, expandTo } from './shape/expand.js';
export { cat, stack } from './shape/join.js';
export { permute, transpose } from './shape/permute.js';
export { split } from './shape/pieces.js';
export { flatten, reshape, reshapeTo, squeeze, unsqueeze } from './shape/reshape.js';
