import * as f from '../../../src/index.js';
import { type Adapter, type AdapterTable, adapter, type Params } from '../params.js';
import { NotSupported } from '../tensors.js';

/** A whole number, or a list of them; tensors of one element count as numbers. */
function wholes(p: Params, name: string): number | number[] {
  return Array.isArray(p.raw(name)) ? p.ints(name) : p.whole(name);
}

function maybeWholes(p: Params, name: string): number | number[] | undefined {
  return p.raw(name) === undefined ? undefined : wholes(p, name);
}

/** Tensors one by one or in a list; of a single one, the result alone. */
function each(fn: (x: f.Tensor) => f.Tensor): Adapter {
  return adapter('*tensors', p => {
    const given = p.raw('tensors');
    const list = p.tensors('tensors').map(fn);
    return Array.isArray(given) && given.length === 1 ? list[0] : list;
  });
}

const swap = (fn: typeof f.transpose, a: string, b: string): Adapter =>
  adapter(`input ${a} ${b}`, p => fn(p.tensor('input'), p.number(a), p.number(b)));

const move = (fn: typeof f.movedim): Adapter =>
  adapter('input source destination', p =>
    fn(p.tensor('input'), wholes(p, 'source'), wholes(p, 'destination')),
  );

const list = (fn: (tensors: f.Tensor[]) => f.Tensor): Adapter =>
  adapter('tensors', p => fn(p.tensors('tensors')));

/** The tensors as PyTorch's functions of several arguments take them. */
const several = (fn: (tensors: f.Tensor[]) => f.Tensor | readonly f.Tensor[]): Adapter =>
  adapter('*tensors', p => fn(p.tensors('tensors')));

const like = (fn: (x: f.Tensor, other: f.Tensor) => f.Tensor): Adapter =>
  adapter('input other', p => fn(p.tensor('input'), p.tensor('other')));

const vstack = list(f.vstack);

/** Shape ops beyond the basic ones. `view` and `unfold` are those of tensors. */
export const moves: AdapterTable = {
  unflatten: adapter('input dim sizes', p =>
    f.unflatten(p.tensor('input'), p.number('dim'), p.ints('sizes')),
  ),
  movedim: move(f.movedim),
  moveaxis: move(f.moveaxis),
  swapaxes: swap(f.swapaxes, 'axis0', 'axis1'),
  swapdims: swap(f.swapdims, 'dim0', 'dim1'),
  t: adapter('input', p => f.t(p.tensor('input'))),
  // The replay lays inputs out in another order as well, of which there is no view.
  view_as: like((x, other) => f.viewAs(f.contiguous(x), other)),
  reshape_as: like(f.reshapeAs),
  expand_as: like(f.expandAs),
  ravel: adapter('input', p => f.ravel(p.tensor('input'))),
  atleast_1d: each(x => f.atleast1d(x)),
  atleast_2d: each(x => f.atleast2d(x)),
  atleast_3d: each(x => f.atleast3d(x)),
  broadcast_tensors: several(f.broadcastTensors),

  repeat: adapter('input *repeats', p => f.repeat(p.tensor('input'), p.ints('repeats'))),
  tile: adapter('input *dims', p => f.tile(p.tensor('input'), p.ints('dims'))),
  repeat_interleave: adapter('input repeats dim output_size', p => {
    const x = p.tensor('input');
    const repeats = p.maybeOperand('repeats');
    const size = p.maybeNumber('output_size');
    // With counts alone, how often each index comes.
    const y =
      repeats === undefined
        ? f.repeatInterleave(f.arange(x.size), x)
        : f.repeatInterleave(x, repeats, p.maybeNumber('dim'));
    const dim = repeats === undefined ? 0 : (p.maybeNumber('dim') ?? 0);
    if (size !== undefined && y.shape.at(dim) !== size) throw new NotSupported('a wrong output_size');
    return y;
  }),

  chunk: adapter('input chunks dim', p =>
    f.chunk(p.tensor('input'), p.number('chunks'), p.maybeNumber('dim')),
  ),
  tensor_split: adapter('input indices_or_sections dim sections indices tensor_indices_or_sections', p => {
    const name = ['indices_or_sections', 'sections', 'indices', 'tensor_indices_or_sections'].find(
      n => p.raw(n) !== undefined,
    );
    if (name === undefined) throw new NotSupported('a call without sections');
    const given = p.raw(name);
    const at =
      given instanceof f.Tensor && given.ndim > 0
        ? (Array.from(given.toTypedArray()) as number[])
        : wholes(p, name);
    return f.tensorSplit(p.tensor('input'), at, p.maybeNumber('dim'));
  }),
  unbind: adapter('input dim', p => f.unbind(p.tensor('input'), p.maybeNumber('dim'))),
  narrow: adapter('input dim start length', p =>
    f.narrow(p.tensor('input'), p.number('dim'), p.whole('start'), p.whole('length')),
  ),

  flip: adapter('input *dims', p => f.flip(p.tensor('input'), p.ints('dims'))),
  fliplr: adapter('input', p => f.fliplr(p.tensor('input'))),
  flipud: adapter('input', p => f.flipud(p.tensor('input'))),
  rot90: adapter('input k dims', p =>
    f.rot90(
      p.tensor('input'),
      p.maybeNumber('k'),
      p.raw('dims') === undefined ? undefined : (p.ints('dims') as [number, number]),
    ),
  ),
  roll: adapter('input shifts dims', p =>
    f.roll(p.tensor('input'), wholes(p, 'shifts'), maybeWholes(p, 'dims')),
  ),
  pad: adapter('input pad mode value', p =>
    f.pad(p.tensor('input'), p.ints('pad'), {
      mode: p.text('mode') as f.PadMode | undefined,
      value: p.maybeNumber('value'),
    }),
  ),
  diagonal: adapter('input offset dim1 dim2', p =>
    f.diagonal(p.tensor('input'), {
      offset: p.maybeNumber('offset'),
      dim1: p.maybeNumber('dim1'),
      dim2: p.maybeNumber('dim2'),
    }),
  ),
  diag_embed: adapter('input offset dim1 dim2', p =>
    f.diagEmbed(p.tensor('input'), {
      offset: p.maybeNumber('offset'),
      dim1: p.maybeNumber('dim1'),
      dim2: p.maybeNumber('dim2'),
    }),
  ),

  hstack: list(f.hstack),
  vstack,
  row_stack: vstack,
  dstack: list(f.dstack),
  column_stack: list(f.columnStack),
  block_diag: several(f.blockDiag),
  cartesian_prod: several(f.cartesianProd),
  combinations: adapter('input r with_replacement', p =>
    f.combinations(p.tensor('input'), {
      r: p.maybeNumber('r'),
      withReplacement: p.flag('with_replacement'),
    }),
  ),
};

/** Methods of PyTorch's tensors that are another function where it has one of the same name. */
export const methods: AdapterTable = {
  'Tensor.view': adapter('input *size', p => f.view(f.contiguous(p.tensor('input')), p.ints('size'))),
  'Tensor.unfold': adapter('input dimension size step', p =>
    f.slidingWindow(p.tensor('input'), p.number('dimension'), p.number('size'), p.number('step')),
  ),
};

/** Whether a matrix product is used for p = 2, by the name of PyTorch's mode. */
const byProduct: Readonly<Record<string, boolean | undefined>> = {
  use_mm_for_euclid_dist: true,
  donot_use_mm_for_euclid_dist: false,
  use_mm_for_euclid_dist_if_necessary: undefined,
};

export const distance: AdapterTable = {
  cosine_similarity: adapter('x1 x2 dim eps', p =>
    f.cosineSimilarity(p.tensor('x1'), p.tensor('x2'), {
      dim: p.maybeNumber('dim'),
      eps: p.maybeNumber('eps'),
    }),
  ),
  pairwise_distance: adapter('x1 x2 p eps keepdim', p =>
    f.pairwiseDistance(p.tensor('x1'), p.tensor('x2'), {
      p: p.maybeNumber('p'),
      eps: p.maybeNumber('eps'),
      keepdim: p.flag('keepdim'),
    }),
  ),
  cdist: adapter('x1 x2 p compute_mode', p => {
    const mode = p.text('compute_mode') ?? 'use_mm_for_euclid_dist_if_necessary';
    if (!Object.hasOwn(byProduct, mode)) throw new NotSupported(`compute_mode ${mode}`);
    return f.cdist(p.tensor('x1'), p.tensor('x2'), { p: p.maybeNumber('p'), matmul: byProduct[mode] });
  }),
  pdist: adapter('input p', p => f.pdist(p.tensor('input'), { p: p.maybeNumber('p') })),
};
