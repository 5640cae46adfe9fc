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

export type Task = MlpTask | TinyGraphTask;

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
  /** What the arrays hold now: `addDigest` of each, under the names of `arrayNames`. Never timed. */
  readings(): Readings;
  dispose?(): void;
}

/** One library, loaded in a process of its own. */
export interface Side {
  /** Version, and what matters for judging the numbers (backend, threads). */
  readonly description: string;
  prepare(task: Task): Prepared | Promise<Prepared>;
}

export type SideName = 'fluxion' | 'jaxjs' | 'jaxjsEager' | 'tfjs' | 'pytorch';
export type PeerName = Exclude<SideName, 'fluxion'>;

export interface Target {
  readonly peer: PeerName;
  /** Fluxion is to be at least so many times as fast as the peer. */
  readonly times: number;
}

export interface Workload {
  readonly name: string;
  readonly unit: 'ms' | 'µs';
  readonly sides: readonly SideName[];
  readonly task: () => Task;
  /** Targets by the SIMD that the running Node offers. */
  readonly targets: { readonly baseline: readonly Target[]; readonly relaxed: readonly Target[] };
  /** How many steps are compared before timing, and the relative tolerance. */
  readonly check: { readonly steps: number; readonly tolerance: number };
  /** A sample never takes more steps from the initial state than this: the sides then see like numbers. */
  readonly maximumSteps: number;
}

/** Requests that a side's process answers, one JSON object a line; the first line it writes is a `Greeting`. */
export type SideRequest =
  | { readonly op: 'prepare'; readonly task: unknown }
  | { readonly op: 'check'; readonly steps: number }
  | { readonly op: 'sample'; readonly warmup: number; readonly steps: number };

export interface Greeting {
  readonly description?: string;
  readonly error?: string;
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
