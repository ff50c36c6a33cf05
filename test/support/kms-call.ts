import type { KmsCall } from '../../crypto-core/src/telemetry/port.ts';

/** A call as the engine tells it, without attempts; what is given differs. */
export function kmsCall(given: Partial<KmsCall> & { seq: number; at: number }): KmsCall {
  return {
    endedAt: given.at + 12,
    provider: 'aws',
    operation: 'Decrypt',
    workspace: 'legal',
    keyUri: 'k',
    path: 'decrypt',
    cause: 'load.first',
    dekId: 'd1',
    dekAgeMs: 0,
    coalesced: 0,
    generation: 0,
    rootSeq: given.seq,
    outcome: 'ok',
    traceId: 'ab'.repeat(16),
    spanId: '01'.repeat(8),
    attempts: [],
    ...given,
  };
}
