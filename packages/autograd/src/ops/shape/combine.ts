import { kernels } from '@fluxion/kernels';
import { ArgumentError, ShapeError, show, showShape } from '../../errors.js';
import { raw } from '../../tensor/raw.js';
import type { Tensor } from '../../tensor/tensor.js';
import { composite } from '../define.js';
import { indexSelect } from '../indexing.js';
import { expand } from './expand.js';
import { stack } from './join.js';
import { checkList } from './list.js';
import { reshapeTo } from './reshape.js';

/**
 * All ways of taking one element of each vector, as rows [n, number of vectors], those of the last vector changing fastest. Of one vector: itself.
 */
export const cartesianProd: (tensors: readonly Tensor[]) => Tensor = composite(
  'cartesianProd',
  (tensors: readonly Tensor[]) => {
    checkList('cartesianProd', tensors);
    tensors.forEach((x, i) => {
      if (x.ndim !== 1)
        throw new ShapeError(
          `cartesianProd: tensor ${i} has shape ${showShape(x.shape)}; expected vectors. Flatten it first.`,
        );
    });
    if (tensors.length === 1) return tensors[0];
    const sizes = tensors.map(x => x.size);
    const columns = tensors.map((x, i) => {
      const along = reshapeTo(
        x,
        sizes.map((n, d) => (d === i ? n : 1)),
      );
      return expand(along, sizes) as Tensor;
    });
    return reshapeTo(stack(columns, -1) as Tensor, [sizes.reduce((n, m) => n * m, 1), sizes.length]);
  },
);

export interface CombinationsOptions {
  /** How many to take. Default 2. */
  readonly r?: number;
  /** Whether an element may be taken again. Default false. */
  readonly withReplacement?: boolean;
}

/** The indices of all choices of r of n, in lexical order, one after the other. */
function choices(n: number, r: number, again: boolean): number[] {
  const list: number[] = [];
  const chosen: number[] = [];
  const choose = (from: number): void => {
    if (chosen.length === r) {
      for (const i of chosen) list.push(i);
      return;
    }
    for (let i = from; i < n; i++) {
      chosen.push(i);
      choose(again ? i : i + 1);
      chosen.pop();
    }
  };
  choose(0);
  return list;
}

/** All choices of `r` elements of a vector as rows [n, r], in the order of their positions, whatever their values. */
export const combinations: (x: Tensor, options?: CombinationsOptions) => Tensor = composite(
  'combinations',
  (x: Tensor, { r = 2, withReplacement = false }: CombinationsOptions = {}) => {
    if (x.ndim !== 1)
      throw new ShapeError(
        `combinations: expected a vector, got shape ${showShape(x.shape)}. Flatten it first.`,
      );
    if (!Number.isInteger(r) || r < 0)
      throw new ArgumentError(`combinations: r is ${show(r)}; expected a whole number from 0.`);
    const list = r === 0 ? [] : choices(x.size, r, withReplacement);
    const index = raw([list.length], 'int32');
    kernels().write(index, list);
    const picked = indexSelect(x, 0, index) as Tensor;
    return r === 0 ? picked : reshapeTo(picked, [list.length / r, r]);
  },
);
