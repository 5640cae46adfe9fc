// Arithmetic of sizes as types, digit by digit on decimals written backwards: the cost is that of the digits, not of the number.

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';

/** Sums[carry][a][b] is a + b + carry; a plus sign in front of the digit stands for 10. */
interface Sums {
  '0': [S0, S1, S2, S3, S4, S5, S6, S7, S8, S9];
  '1': [S1, S2, S3, S4, S5, S6, S7, S8, S9, S10];
}
type S0 = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
type S1 = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '+0'];
type S2 = ['2', '3', '4', '5', '6', '7', '8', '9', '+0', '+1'];
type S3 = ['3', '4', '5', '6', '7', '8', '9', '+0', '+1', '+2'];
type S4 = ['4', '5', '6', '7', '8', '9', '+0', '+1', '+2', '+3'];
type S5 = ['5', '6', '7', '8', '9', '+0', '+1', '+2', '+3', '+4'];
type S6 = ['6', '7', '8', '9', '+0', '+1', '+2', '+3', '+4', '+5'];
type S7 = ['7', '8', '9', '+0', '+1', '+2', '+3', '+4', '+5', '+6'];
type S8 = ['8', '9', '+0', '+1', '+2', '+3', '+4', '+5', '+6', '+7'];
type S9 = ['9', '+0', '+1', '+2', '+3', '+4', '+5', '+6', '+7', '+8'];
type S10 = ['+0', '+1', '+2', '+3', '+4', '+5', '+6', '+7', '+8', '+9'];

/** '' for what is not written in digits alone. */
type Backwards<
  A extends string,
  Result extends string = '',
> = A extends `${infer D extends Digit}${infer Rest}`
  ? Backwards<Rest, `${D}${Result}`>
  : A extends ''
    ? Result
    : '';

type ToNumber<A extends string> = Backwards<A> extends `${infer N extends number}` ? N : number;

type Add<
  A extends string,
  B extends string,
  Carry extends '0' | '1' = '0',
  Result extends string = '',
> = A extends `${infer D extends Digit}${infer RestA}`
  ? B extends `${infer E extends Digit}${infer RestB}`
    ? Sums[Carry][D][E] extends `+${infer Low}`
      ? Add<RestA, RestB, '1', `${Result}${Low}`>
      : Add<RestA, RestB, '0', `${Result}${Sums[Carry][D][E]}`>
    : Carry extends '0'
      ? `${Result}${A}`
      : Add<A, '1', '0', Result>
  : Carry extends '0'
    ? `${Result}${B}`
    : Add<'1', B, '0', Result>;

/** Members are worked out only when asked for. */
interface Multiples<A extends string> {
  '0': '';
  '1': A;
  '2': Add<A, A>;
  '3': Add<A, Multiples<A>['2']>;
  '4': Add<Multiples<A>['2'], Multiples<A>['2']>;
  '5': Add<A, Multiples<A>['4']>;
  '6': Add<Multiples<A>['3'], Multiples<A>['3']>;
  '7': Add<A, Multiples<A>['6']>;
  '8': Add<Multiples<A>['4'], Multiples<A>['4']>;
  '9': Add<A, Multiples<A>['8']>;
}

/** `A` backwards times `B` forwards, backwards. */
type Multiply<A extends string, B extends string, Result extends string = ''> = A extends '1'
  ? Backwards<B>
  : B extends `${infer D extends Digit}${infer Rest}`
    ? Multiply<A, Rest, Add<Multiples<A>[D], `0${Result}`>>
    : Result;

/** M + N; `number` where one is not known. Sizes only: a sign is not read. */
export type Plus<M extends number, N extends number> = number extends M | N
  ? number
  : M extends 0
    ? N
    : ToNumber<Add<Backwards<`${M}`>, Backwards<`${N}`>>>;

/** The number of elements; `number` where a size is not known. */
export type Product<S extends readonly number[]> = number extends S[number] ? number : ProductOf<S>;

type ProductOf<S extends readonly number[], Result extends string = '1'> = S extends readonly [
  infer M extends number,
  ...infer Rest extends readonly number[],
]
  ? M extends 1
    ? ProductOf<Rest, Result>
    : M extends 0
      ? 0
      : ProductOf<Rest, Multiply<Result, `${M}`>>
  : ToNumber<Result>;
