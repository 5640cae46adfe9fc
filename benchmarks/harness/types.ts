/** One training problem: everything that a side needs, in plain arrays, so that every side starts from the same numbers. */
export interface MlpTask {
  readonly kind: 'mlp';
  /** Widths from input to output; relu between layers, none after the last. */
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Adam's step size; betas 0.9 and 0.999, epsilon 1e-8, no weight decay. */
  readonly learningRate: number;
  /** [batch, sizes[0]] */
  readonly inputs: Float32Array;
  /** [batch], class numbers */
  readonly labels: Int32Array;
  /** `weight` is [out, in], `bias` [out], both in C order. */
  readonly layers: readonly { readonly weight: Float32Array; readonly bias: Float32Array }[];
}

/** `tanh(x * x + x).sum()` and its gradient. */
export interface TinyGraphTask {
  readonly kind: 'tinyGraph';
  readonly x: Float32Array;
}

/**
 * Two convolutions of 3x3 with padding 1, each with relu and a 2x2 max pool, and a linear layer; softmax cross-entropy and Adam.
 * Weights are laid out as in PyTorch: [out, in, 3, 3] and [classes, channels * height * width].
 */
export interface CnnTask {
  readonly kind: 'cnn';
  /** Threads of Fluxion; 1 where it is not said, and on the side `oneThread`. */
  readonly threads?: number;
  readonly batch: number;
  /** Height and width of the images, a multiple of 4. */
  readonly size: number;
  /** Of the images, after the first and after the second convolution. */
  readonly channels: readonly [number, number, number];
  readonly classes: number;
  readonly learningRate: number;
  /** [batch, channels[0], size, size] */
  readonly inputs: Float32Array;
  /** [batch], class numbers */
  readonly labels: Int32Array;
  /** The two convolutions and the linear layer. */
  readonly layers: readonly { readonly weight: Float32Array; readonly bias: Float32Array }[];
}

/** One function of every element of a large array; `add` of two of them. */
export interface ElementwiseTask {
  readonly kind: 'elementwise';
  readonly op: 'exp' | 'tanh' | 'sigmoid' | 'log' | 'gelu' | 'add';
  readonly x: Float32Array;
  /** For `add` alone. */
  readonly y: Float32Array;
}

/** [size, size] by [size, size]. */
export interface MatmulTask {
  readonly kind: 'matmul';
  /** As for `CnnTask`. */
  readonly threads?: number;
  readonly size: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** Adam's update of one parameter array, with a gradient that stays the same. */
export interface AdamTask {
  readonly kind: 'adam';
  readonly learningRate: number;
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
}

/**
 * A perceptron of scalars, relu between layers, one output: mean hinge loss over all points plus a penalty on the squares of the weights, and
 * gradient descent. What micrograd's demonstration does, without its data.
 */
export interface ScalarMlpTask {
  readonly kind: 'scalarMlp';
  readonly sizes: readonly number[];
  /** [points, sizes[0]] */
  readonly inputs: Float32Array;
  /** [points], each 1 or -1 */
  readonly signs: Int32Array;
  readonly learningRate: number;
  /** Times the sum of the squares of all parameters. */
  readonly penalty: number;
  /** `weight` is [out, in]. */
  readonly layers: readonly { readonly weight: Float32Array; readonly bias: Float32Array }[];
}

/**
 * A graph that is one chain of `nodes` operations: h = h / 2 and h = h + x in turns, from h = x. The gradient by x tends to 2. Of one-element tensors
 * in float32, or of the scalar type where a library has one, in float64.
 */
export interface ChainTask {
  readonly kind: 'chain';
  readonly nodes: number;
  readonly scalars: boolean;
  readonly x: number;
}

export type Task =
  | MlpTask
  | TinyGraphTask
  | CnnTask
  | ElementwiseTask
  | MatmulTask
  | AdamTask
  | ScalarMlpTask
  | ChainTask;

export type TaskOf<K extends Task['kind']> = Extract<Task, { readonly kind: K }>;

/** Named numbers by which sides are compared: `loss`, and two digests of every array (see `digest`). */
export type Readings = Record<string, number>;

/** A task made ready on one side. */
export interface Prepared {
  /** Back to the initial weights, with a new optimizer state. Never timed. */
  reset(): void;
  /** One unit of work. Returns the loss read back as a number, so that nothing can be skipped. */
  step(): number;
  /** Waits until all that `step` asked for is done; called inside the timed part, once a sample. */
  finish?(): void | Promise<void>;
  /** What about this side is not as its description says, for this task: a few words, shown with its time. */
  readonly note?: string;
  /** What the arrays hold now: `addDigest` of each, under the names of `arrayNames`. Never timed. */
  readings(): Readings;
  dispose?(): void | Promise<void>;
}

/** One library, loaded in a process of its own. */
export interface Side {
  /** Version, and what matters for judging the numbers (backend, threads). */
  readonly description: string;
  readonly preparations: Preparations;
}

/** What a side can do: tasks are made ready by their kind. */
export type Preparations = {
  readonly [K in Task['kind']]?: (task: TaskOf<K>) => Prepared | Promise<Prepared>;
};

/** `plainCopy` is no library but a measure: it copies as many bytes as the task must move. `oneThread` is Fluxion without further threads. */
export type SideName =
  | 'fluxion'
  | 'oneThread'
  | 'pytorch'
  | 'jaxjs'
  | 'jaxjsEager'
  | 'tfjs'
  | 'micrograd'
  | 'microgradJs'
  | 'plainCopy';
export type PeerName = Exclude<SideName, 'fluxion'>;

/** Higher is better for GFLOP/s; lower for all others. `exponent`: of the growth with n; `ratio`: of two readings of the same thing. */
export type Unit = 'ms' | 'µs' | 'GFLOP/s' | 'KB' | 'exponent' | 'ratio';

/** Fluxion is to be at least `times` as fast as the best of the peers. */
export interface PeerTarget {
  readonly peers: readonly PeerName[];
  readonly times: number;
}

/** What Fluxion's number is to be at most, in the unit of the workload. */
export interface BoundTarget {
  readonly atMost: number;
}

export type Target = PeerTarget | BoundTarget;

interface Common {
  /** Short, and without commas, which separate names on the command line. */
  readonly name: string;
  /** What the name does not say. */
  readonly detail?: string;
  readonly unit: Unit;
  /** Targets by the SIMD that the running Node offers. */
  readonly targets: { readonly baseline: readonly Target[]; readonly relaxed: readonly Target[] };
}

/** A unit of work that sides repeat, in turns. */
export interface StepWorkload extends Common {
  readonly kind: 'steps';
  readonly sides: readonly SideName[];
  readonly task: () => Task;
  /** A smaller stand-in for `--quick`, where the task itself takes seconds, and what is smaller about it. */
  readonly quick?: { readonly note: string; readonly task: () => Task };
  /** Floating-point operations in a step, where the unit is GFLOP/s. */
  readonly operations?: number;
  /** How many steps are compared before timing, and the relative tolerance. */
  readonly check: { readonly steps: number; readonly tolerance: number };
  /** A sample never takes more steps from the initial state than this: the sides then see like numbers. */
  readonly maximumSteps: number;
}

/** Numbers of one side, in the unit of the workload. */
export type Samples = Partial<Record<SideName, readonly number[]>>;

export interface ProbeResult {
  readonly samples: Samples;
  /** What the number alone does not tell, shown with the row. */
  readonly note?: string;
}

/** What is read off otherwise: sizes, start-up, growth. */
export interface ProbeWorkload extends Common {
  readonly kind: 'probe';
  readonly sides: readonly SideName[];
  /** Throws `Unavailable` where it cannot run here. */
  readonly run: (quick: boolean, sides: readonly SideName[]) => Promise<ProbeResult>;
}

export type Workload = StepWorkload | ProbeWorkload;

/** A workload that cannot be measured here, and why: the row is left out with a warning. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}

/** Requests that a side's process answers, one JSON object a line; the first line it writes is a `Greeting`. */
export type SideRequest =
  | { readonly op: 'prepare'; readonly task: unknown }
  | { readonly op: 'check'; readonly steps: number }
  | { readonly op: 'sample'; readonly warmup: number; readonly steps: number }
  | { readonly op: 'memory' };

export interface Greeting {
  readonly description?: string;
  readonly error?: string;
}

export interface PrepareReply {
  readonly note?: string;
}

export interface CheckReply {
  /** After each step. */
  readonly readings: readonly Readings[];
}

export interface SampleReply {
  readonly milliseconds: number;
  /** The last loss: finite unless something went wrong. */
  readonly loss: number;
}

export interface MemoryReply {
  /** The largest resident size of the process so far. */
  readonly peakBytes: number;
}
