import { KmsFault, type KmsRequest } from '../provider.ts';

/**
 * What `work` resolves to, unless the attempt is given up first: credentials may take longer than any request, and not
 * every SDK lets itself be stopped. `sent` says whether the request had left by then.
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
