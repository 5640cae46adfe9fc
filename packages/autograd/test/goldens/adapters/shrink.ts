import * as f from '../../../src/index.js';
import { type AdapterTable, adapter } from '../params.js';
import { NotSupported } from '../tensors.js';

export const shrink: AdapterTable = {
  hardshrink: adapter('input lambd', p => f.hardshrink(p.tensor('input'), p.maybeNumber('lambd'))),
  softshrink: adapter('input lambd', p => f.softshrink(p.tensor('input'), p.maybeNumber('lambd'))),
  tanhshrink: adapter('input', p => f.tanhshrink(p.tensor('input'))),
  threshold: adapter('input threshold value inplace', p => {
    p.outOfPlace();
    return f.threshold(p.tensor('input'), p.number('threshold'), p.number('value'));
  }),
  rrelu: adapter('input lower upper training inplace', p => {
    p.outOfPlace();
    if (p.flag('training')) throw new NotSupported('random slopes');
    return f.rrelu(p.tensor('input'), { lower: p.maybeNumber('lower'), upper: p.maybeNumber('upper') });
  }),
};
