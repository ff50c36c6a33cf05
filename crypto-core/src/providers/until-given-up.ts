import { KmsFault, type KmsRequest } from '../provider.ts';

/**
 * Resolves as `work` does, or rejects when the engine gives the attempt up: getting credentials may take long, and some
 * SDKs cannot be stopped. `sent` says whether the request was sent by then.
 */
export async function untilGivenUp<T>(
  { signal }: Pick<KmsRequest, 'signal'>,
  sent: () => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const givenUp = Promise.withResolvers<never>();
  const giveUp = () => givenUp.reject(new KmsFault('outage', 'AttemptTimeout', { sent: sent() }));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([givenUp.promise, work()]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
