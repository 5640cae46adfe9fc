// Checked by tsc; nothing runs.

import { relu, type Shape, type Tensor, zeros } from '@fluxion/autograd';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose1d,
  CrossEntropyLoss,
  CTCLoss,
  crossEntropy,
  Flatten,
  functionalCall,
  HuberLoss,
  KLDivLoss,
  Linear,
  MaxPool2d,
  Module,
  MSELoss,
  mseLoss,
  ReLU,
  Sequential,
  TripletMarginLoss,
} from '../src/index.js';

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;
declare function expectType<T>(): <X>(value: X & (Equal<X, T> extends true ? unknown : never)) => void;

declare const n: number;
declare const anyShape: Tensor;

const fc = new Linear(784, 128);
expectType<Linear<784, 128>>()(fc);
expectType<Tensor<[128, 784]>>()(fc.weight);
expectType<Tensor<[64, 128]>>()(fc.forward(zeros([64, 784])));
expectType<Tensor<[2, number, 128]>>()(fc.forward(zeros([2, n, 784])));
expectType<Tensor<[128]>>()(fc.forward(zeros([784])));
expectType<Tensor>()(fc.forward(anyShape));
expectType<Tensor<[64, number]>>()(new Linear(n, n).forward(zeros([64, 3])));
// @ts-expect-error 784 features, not 28
fc.forward(zeros([64, 28]));

expectType<Tensor<[3, 4]>>()(new ReLU().forward(zeros([3, 4])));

const net = new Sequential(new Linear(784, 128), relu, new Linear(128, 10), new ReLU());
expectType<Tensor<[64, 10]>>()(net.forward(zeros([64, 784])));
expectType<Tensor<[number, 10]>>()(net.forward(zeros([n, 784])));
expectType<Tensor>()(net.forward(anyShape));
// @ts-expect-error 784 features, not 28
net.forward(zeros([64, 28]));
const broken = new Sequential(new Linear(784, 128), new Linear(127, 10));
// @ts-expect-error 128 features do not fit 127
broken.forward(zeros([64, 784]));
expectType<Tensor<[5]>>()(new Sequential(relu, (_: Tensor) => zeros([5])).forward(zeros([2])));
declare const layers: Linear[];
expectType<Tensor>()(new Sequential(...layers).forward(zeros([64, 784])));

class Head extends Module {
  override forward(x: Tensor<[number, 784]>): Tensor<[number, 2]> {
    return x.matmul(zeros([784, 2]));
  }
}

class Net extends Module {
  body = net;
  head = new Linear(10, 2);
  override forward(x: Tensor<[number, 784]>, scale: number): Tensor<[number, 2]> {
    return this.head.forward(this.body.forward(x)).mul(scale);
  }
}
expectType<Tensor<[number, 2]>>()(functionalCall(new Net(), {}, zeros([64, 784]), 3));
// @ts-expect-error scale is missing
functionalCall(new Net(), {}, zeros([64, 784]));
expectType<Tensor<[number, 2]>>()(new Sequential(new Linear(3, 784), new Head()).forward(zeros([64, 3])));

expectType<Tensor<[]>>()(crossEntropy(zeros([64, 10]), zeros([64])));
expectType<Tensor<[64]>>()(crossEntropy(zeros([64, 10]), zeros([64]), { reduction: 'none' }));
expectType<Tensor<[2, 5, 5]>>()(crossEntropy(zeros([2, 3, 5, 5]), zeros([2]), { reduction: 'none' }));
expectType<Tensor<[]>>()(mseLoss(zeros([64, 10]), zeros([64, 10])));
expectType<Tensor<[64, 10]>>()(mseLoss(zeros([64, 10]), zeros([64, 10]), { reduction: 'none' }));
expectType<Tensor<[64, 10]>>()(mseLoss(zeros([64, 10]), anyShape, { reduction: 'none' }));
expectType<Tensor<[number, 10]>>()(mseLoss(zeros([n, 10]), zeros([64, 10]), { reduction: 'none' }));
// @ts-expect-error [64, 1] would broadcast
mseLoss(zeros([64]), zeros([64, 1]));
// @ts-expect-error 10 and 9 differ
mseLoss(zeros([64, 10]), zeros([64, 9]));
export const generic = <S extends Shape>(x: Tensor<S>, y: Tensor<S>): Tensor<[]> => mseLoss(x, y);

expectType<Tensor<[]>>()(new MSELoss().forward(zeros([64, 10]), zeros([64, 10])));
expectType<Tensor<[64, 10]>>()(
  new HuberLoss({ delta: 2, reduction: 'none' }).forward(zeros([64, 10]), zeros([64, 10])),
);
// @ts-expect-error [64, 1] would broadcast
new MSELoss().forward(zeros([64]), zeros([64, 1]));
expectType<Tensor<[2, 5]>>()(
  new CrossEntropyLoss({ reduction: 'none', ignoreIndex: 3 }).forward(zeros([2, 3, 5]), anyShape),
);
expectType<Tensor<[64]>>()(
  new TripletMarginLoss({ reduction: 'none' }).forward(zeros([64, 8]), zeros([64, 8]), zeros([64, 8])),
);
expectType<Tensor<[]>>()(new KLDivLoss({ reduction: 'batchmean' }).forward(zeros([4]), zeros([4])));
expectType<Tensor<[3]>>()(new CTCLoss({ reduction: 'none' }).forward(zeros([9, 3, 5]), anyShape, [9], [2]));
// @ts-expect-error there is no such reduction
new MSELoss({ reduction: 'batchmean' });

// A layer of known sizes is a layer, and a module
export const list: Linear[] = [new Linear(784, 128), fc];
export const modules: Module[] = [fc, net, new ReLU()];
export const chain: Sequential = net;

const nested = new Sequential(net, new Sequential(relu, new Linear(10, 3)));
expectType<Tensor<[64, 3]>>()(nested.forward(zeros([64, 784])));
// @ts-expect-error 784 features, not 28, two levels down
nested.forward(zeros([64, 28]));
expectType<Tensor>()(chain.forward(zeros([64, 28])));

// Convolutions know channels, pools the rank, adaptive pools the sizes they lead to
const conv = new Conv2d(3, 16, 3);
expectType<Conv2d<3, 16>>()(conv);
expectType<Tensor<[64, 16, number, number]>>()(conv.forward(zeros([64, 3, 28, 28])));
expectType<Tensor<[16, number, number]>>()(conv.forward(zeros([3, 28, 28])));
expectType<Tensor<[number, 16, number, number]>>()(conv.forward(zeros([n, n, n, n])));
expectType<Tensor>()(conv.forward(anyShape));
expectType<Tensor<[2, number, number]>>()(new ConvTranspose1d(3, n, 3).forward(zeros([2, 3, 7])));
// @ts-expect-error 3 channels, not 1
conv.forward(zeros([64, 1, 28, 28]));
expectType<Tensor<[64, 3, number, number]>>()(new MaxPool2d(2).forward(zeros([64, 3, 28, 28])));
expectType<Tensor<[64, 3, number, number]>>()(
  new MaxPool2d(2, { returnIndices: true }).forward(zeros([64, 3, 28, 28])).values,
);
expectType<Tensor<[64, 3, 1, 1]>>()(new AdaptiveAvgPool2d(1).forward(zeros([64, 3, 28, 28])));
expectType<Tensor<[64, 3, 2, 5]>>()(new AdaptiveAvgPool2d([2, 5]).forward(zeros([64, 3, 28, 28])));
expectType<Tensor<[64, 12]>>()(new Flatten().forward(zeros([64, 3, 2, 2])));
const images = new Sequential(
  conv,
  new BatchNorm2d(16),
  new ReLU(),
  new MaxPool2d(2),
  new AdaptiveAvgPool2d(2),
  new Flatten(),
  new Linear(64, 10),
);
expectType<Tensor<[8, 10]>>()(images.forward(zeros([8, 3, 28, 28])));
// @ts-expect-error 3 channels, not 1
images.forward(zeros([8, 1, 28, 28]));
const misfit = new Sequential(conv, new AdaptiveAvgPool2d(2), new Flatten(), new Linear(63, 10));
// @ts-expect-error 64 features do not fit 63
misfit.forward(zeros([8, 3, 28, 28]));
export const convolutions: Conv2d[] = [conv, new Conv2d(1, 2, 3)];
