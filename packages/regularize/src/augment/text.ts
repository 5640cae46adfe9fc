import {
  ArgumentError,
  DTypeError,
  type Generator,
  rand,
  type Shape,
  scope,
  show,
  Tensor,
  where,
} from '@fluxion/autograd';
import { checkGenerator, checkProbability } from '../check.js';

export interface TokenDropoutOptions {
  /** The token that takes the place of dropped ones, such as that for unknown words. */
  readonly replacement: number;
  /** Tokens that are never dropped, such as padding. Default: the replacement alone. */
  readonly keep?: readonly number[];
  /** What is drawn from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
  /** Whether anything is dropped. Default true. */
  readonly training?: boolean;
}

/** Each token of an int32 tensor replaced with probability p (word dropout; Iyyer et al. 2015). Nothing is rescaled: tokens are no numbers. */
export function tokenDropout<S extends Shape>(
  tokens: Tensor<S>,
  p: number,
  options: TokenDropoutOptions,
): Tensor<S> {
  const op = 'tokenDropout';
  if (!(tokens instanceof Tensor) || tokens.dtype !== 'int32')
    throw new DTypeError(
      `${op}: expected an int32 tensor of tokens, got ${tokens instanceof Tensor ? tokens.dtype : show(tokens)}.`,
    );
  checkProbability(op, 'the probability of dropping a token', p);
  const { replacement, keep = [], generator, training = true } = options ?? {};
  if (!Number.isInteger(replacement))
    throw new ArgumentError(
      `${op}: the replacement is ${show(replacement)}; expected the number of a token.`,
    );
  checkGenerator(op, generator);
  if (!training || p === 0) return tokens;
  return scope(() => {
    let lost = rand(tokens.shape as Shape, { generator }).lt(p) as Tensor;
    for (const token of keep) lost = lost.logicalAnd((tokens as Tensor).ne(token) as Tensor) as Tensor;
    return where(lost, replacement, tokens as Tensor) as Tensor<S>;
  });
}
