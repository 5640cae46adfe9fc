/**
 * Every error that a user can cause is one of these. The message holds the op, what was given,
 * what was expected and what to do.
 */
export class FluxionError extends Error {
  override name = 'FluxionError';
}

/** Shapes that do not fit each other, or sizes that are no sizes. */
export class ShapeError extends FluxionError {
  override name = 'ShapeError';
}

/** A dtype that is unknown, unsupported by the op, or mixed with another one. */
export class DTypeError extends FluxionError {
  override name = 'DTypeError';
}

/** An index or a dimension outside its range. */
export class IndexError extends FluxionError {
  override name = 'IndexError';
}

/** Data that cannot be read as what was asked for: ragged arrays, NaN where a size belongs. */
export class DataError extends FluxionError {
  override name = 'DataError';
}

/** A matrix that does not have what was asked for: an inverse, a Cholesky factor, eigenvalues that converge. */
export class LinalgError extends FluxionError {
  override name = 'LinalgError';
}

/** Memory that is exhausted, or that was freed by the scope it belonged to. */
export class MemoryError extends FluxionError {
  override name = 'MemoryError';
}

/** An argument that no shape, dtype or graph is to blame for: a probability of 2, a mode given an async function. */
export class ArgumentError extends FluxionError {
  override name = 'ArgumentError';
}

/** Threads that cannot be had here, or that were lost. */
export class ThreadError extends FluxionError {
  override name = 'ThreadError';
}
