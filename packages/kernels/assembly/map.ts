/**
 * Elementwise loops. Out is always contiguous. Kernels of two and three operands work on rows: `rowX` is the distance of an
 * operand's rows in elements (0 repeats one row), and `innerX` is 1 where a row is contiguous, 0 where one element fills it.
 * All loops count the bytes that are left, since an address behind the last element may be 2^32.
 */
export * from './mapUnary';
export * from './mapBinary';
export * from './mapCompare';
export * from './mapWhere';
