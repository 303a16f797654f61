/** Whether a value is a promise, of whatever make: to wait for one that is none costs a turn of the queue. */
export const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === "function";
