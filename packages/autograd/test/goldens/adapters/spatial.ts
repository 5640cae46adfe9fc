import * as f from '../../../src/index.js';
import { type AdapterTable, adapter, type Params, type Result } from '../params.js';
import { NotSupported } from '../tensors.js';

/** One number or several; undefined for None and an empty list, which mean the default. */
function perDim(p: Params, name: string): f.PerDim | undefined {
  const value = p.raw(name);
  if (!Array.isArray(value)) return p.maybeNumber(name);
  return value.length === 0 ? undefined : p.ints(name);
}

function required(p: Params, name: string): f.PerDim {
  const value = perDim(p, name);
  if (value === undefined) throw new NotSupported(`a call without ${name}`);
  return value;
}

function flagOr(p: Params, name: string, fallback: boolean): boolean {
  return p.raw(name) === undefined ? fallback : p.flag(name);
}

const conv = (op: f.ConvFunction) =>
  adapter('input weight bias stride padding dilation groups', p => {
    const padding =
      typeof p.raw('padding') === 'string' ? (p.text('padding') as 'same') : perDim(p, 'padding');
    return op(p.tensor('input'), p.tensor('weight'), p.maybeTensor('bias'), {
      stride: perDim(p, 'stride'),
      padding,
      dilation: perDim(p, 'dilation'),
      groups: p.maybeNumber('groups'),
    });
  });

const convTranspose = (op: f.ConvTransposeFunction) =>
  adapter('input weight bias stride padding output_padding groups dilation', p =>
    op(p.tensor('input'), p.tensor('weight'), p.maybeTensor('bias'), {
      stride: perDim(p, 'stride'),
      padding: perDim(p, 'padding'),
      outputPadding: perDim(p, 'output_padding'),
      groups: p.maybeNumber('groups'),
      dilation: perDim(p, 'dilation'),
    }),
  );

function choose(p: Params, { values, indices }: f.PoolResult): Result {
  return p.flag('return_indices') ? [values, indices] : values;
}

const maxPool = (op: typeof f.maxPool1d | typeof f.maxPool2d | typeof f.maxPool3d) =>
  adapter('input kernel_size stride padding dilation ceil_mode return_indices', p =>
    choose(
      p,
      op(p.tensor('input'), required(p, 'kernel_size'), {
        stride: perDim(p, 'stride'),
        padding: perDim(p, 'padding'),
        dilation: perDim(p, 'dilation'),
        ceilMode: p.flag('ceil_mode'),
        returnIndices: true,
      }) as f.PoolResult,
    ),
  );

const avgPool = (op: typeof f.avgPool1d | typeof f.avgPool2d | typeof f.avgPool3d) =>
  adapter('input kernel_size stride padding ceil_mode count_include_pad divisor_override', p =>
    op(p.tensor('input'), required(p, 'kernel_size'), {
      stride: perDim(p, 'stride'),
      padding: perDim(p, 'padding'),
      ceilMode: p.flag('ceil_mode'),
      countIncludePad: flagOr(p, 'count_include_pad', true),
      divisorOverride: p.maybeNumber('divisor_override'),
    }),
  );

const lpPool = (op: typeof f.lpPool1d | typeof f.lpPool2d) =>
  adapter('input norm_type kernel_size stride ceil_mode', p =>
    op(p.tensor('input'), p.number('norm_type'), required(p, 'kernel_size'), {
      stride: perDim(p, 'stride'),
      ceilMode: p.flag('ceil_mode'),
    }),
  );

const adaptiveSize = (p: Params): f.AdaptiveSize => p.raw('output_size') as f.AdaptiveSize;

const adaptiveAvg = (
  op: typeof f.adaptiveAvgPool1d | typeof f.adaptiveAvgPool2d | typeof f.adaptiveAvgPool3d,
) => adapter('input output_size', p => op(p.tensor('input'), adaptiveSize(p)));

const adaptiveMax = (
  op: typeof f.adaptiveMaxPool1d | typeof f.adaptiveMaxPool2d | typeof f.adaptiveMaxPool3d,
) =>
  adapter('input output_size return_indices', p =>
    choose(p, op(p.tensor('input'), adaptiveSize(p), { returnIndices: true }) as f.PoolResult),
  );

const windows = (p: Params): f.UnfoldOptions => ({
  dilation: perDim(p, 'dilation'),
  padding: perDim(p, 'padding'),
  stride: perDim(p, 'stride'),
});

export const spatial: AdapterTable = {
  conv1d: conv(f.conv1d),
  conv2d: conv(f.conv2d),
  conv3d: conv(f.conv3d),
  conv_transpose1d: convTranspose(f.convTranspose1d),
  conv_transpose2d: convTranspose(f.convTranspose2d),
  conv_transpose3d: convTranspose(f.convTranspose3d),
  max_pool1d: maxPool(f.maxPool1d),
  max_pool2d: maxPool(f.maxPool2d),
  max_pool3d: maxPool(f.maxPool3d),
  avg_pool1d: avgPool(f.avgPool1d),
  avg_pool2d: avgPool(f.avgPool2d),
  avg_pool3d: avgPool(f.avgPool3d),
  lp_pool1d: lpPool(f.lpPool1d),
  lp_pool2d: lpPool(f.lpPool2d),
  adaptive_avg_pool1d: adaptiveAvg(f.adaptiveAvgPool1d),
  adaptive_avg_pool2d: adaptiveAvg(f.adaptiveAvgPool2d),
  adaptive_avg_pool3d: adaptiveAvg(f.adaptiveAvgPool3d),
  adaptive_max_pool1d: adaptiveMax(f.adaptiveMaxPool1d),
  adaptive_max_pool2d: adaptiveMax(f.adaptiveMaxPool2d),
  adaptive_max_pool3d: adaptiveMax(f.adaptiveMaxPool3d),
  max_unpool2d: adapter('input indices kernel_size stride padding output_size', p => {
    const size = p.raw('output_size') === undefined ? undefined : p.ints('output_size');
    return f.maxUnpool2d(p.tensor('input'), p.tensor('indices'), required(p, 'kernel_size'), {
      stride: perDim(p, 'stride'),
      padding: perDim(p, 'padding'),
      outputSize: size,
    });
  }),
  unfold: adapter('input kernel_size dilation padding stride', p =>
    f.unfold(p.tensor('input'), required(p, 'kernel_size'), windows(p)),
  ),
  fold: adapter('input output_size kernel_size dilation padding stride', p =>
    f.fold(p.tensor('input'), required(p, 'output_size'), required(p, 'kernel_size'), windows(p)),
  ),
  interpolate: adapter('input size scale_factor mode align_corners recompute_scale_factor antialias', p => {
    if (p.flag('antialias')) throw new NotSupported('antialias=True');
    return f.interpolate(p.tensor('input'), {
      size: perDim(p, 'size'),
      scaleFactor: perDim(p, 'scale_factor'),
      mode: p.text('mode') as f.InterpolateMode | undefined,
      alignCorners: p.raw('align_corners') === undefined ? undefined : p.flag('align_corners'),
      recomputeScaleFactor: p.flag('recompute_scale_factor'),
    });
  }),
  pixel_shuffle: adapter('input upscale_factor', p =>
    f.pixelShuffle(p.tensor('input'), p.number('upscale_factor')),
  ),
  pixel_unshuffle: adapter('input downscale_factor', p =>
    f.pixelUnshuffle(p.tensor('input'), p.number('downscale_factor')),
  ),
  affine_grid: adapter('theta size align_corners', p =>
    f.affineGrid(p.tensor('theta'), p.ints('size'), { alignCorners: p.flag('align_corners') }),
  ),
  grid_sample: adapter('input grid mode padding_mode align_corners', p =>
    f.gridSample(p.tensor('input'), p.tensor('grid'), {
      mode: p.text('mode') as f.GridSampleOptions['mode'],
      paddingMode: p.text('padding_mode') as f.GridSampleOptions['paddingMode'],
      alignCorners: p.flag('align_corners'),
    }),
  ),
};
