import { cat, noGrad, type Tensor } from '@fluxion/autograd';
import { crossEntropy } from '@fluxion/nn';

/** What is evaluated: a network that behaves differently in training. */
interface Classifier<S extends readonly number[]> {
  forward(x: Tensor): Tensor<S>;
  train(): unknown;
  eval(): unknown;
}

/** The scores of all inputs, `batch` at a time, without dropout and augmentation. */
export function scoresOf<S extends readonly number[]>(
  net: Classifier<S>,
  inputs: Tensor,
  batch: number,
): Tensor<S> {
  net.eval();
  try {
    return noGrad(() => cat(inputs.split(batch).map(some => net.forward(some)))) as Tensor<S>;
  } finally {
    net.train();
  }
}

/** Loss and share of right answers. */
export function judge(scores: Tensor, labels: Tensor): { loss: number; accuracy: number } {
  const right = scores.argmax(1).eq(labels).to('float32') as Tensor;
  return { loss: crossEntropy(scores, labels).item(), accuracy: right.mean().item() };
}
