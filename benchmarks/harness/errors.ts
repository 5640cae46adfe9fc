/** A mistake in the call, or a comparison that failed: shown without a stack. */
export class BenchError extends Error {
  override name = 'BenchError';
}
