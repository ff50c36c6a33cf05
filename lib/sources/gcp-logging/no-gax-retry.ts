/** The clients would ask again by themselves, and say nothing of it. */
export const noGaxRetry = {
  retryCodes: [],
  backoffSettings: {
    initialRetryDelayMillis: 1,
    retryDelayMultiplier: 1,
    maxRetryDelayMillis: 1,
    initialRpcTimeoutMillis: 60_000,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: 60_000,
    totalTimeoutMillis: 60_000,
  },
};
