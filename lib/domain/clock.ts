/** Time as every part takes it. Instants are epoch milliseconds UTC; `monotonic` is milliseconds from any origin. */
export interface Clock {
  now(): number;
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
