/** Whether two types are the same type, not just assignable to one another. */
export type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;
/** Does not compile unless given `true`. */
export declare function expectTrue<_ extends true>(): void;
/** Does not compile unless the value's type is exactly `T`. */
export declare function expectType<T>(): <X>(value: X & (Equal<X, T> extends true ? unknown : never)) => void;
