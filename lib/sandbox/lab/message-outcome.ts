import { CryptoCoreError, type CryptoCoreErrorCode } from '@keytide/crypto-core';
import type { MessageOutcome } from '../../shared/lab/lab-view.ts';

const outcomes = new Map<CryptoCoreErrorCode, MessageOutcome>([
  ['denied', 'denied'],
  ['authentication-failed', 'wrong-key'],
]);

/** How work with an engine ended. @throws any error that is not a refusal */
export async function messageOutcomeOf(work: () => Promise<unknown>): Promise<MessageOutcome> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof CryptoCoreError)) throw error;
    return outcomes.get(error.code) ?? 'outage';
  }
}
