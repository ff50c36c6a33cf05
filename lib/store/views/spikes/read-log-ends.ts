import type { Tx } from '../../connection/transaction.ts';
import { logEndsIn } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';

/** Until when a key is in the log of an account; null where records do not say whose log it was. Epoch ms. */
export interface LogEnd {
  key: string;
  account: string | null;
  until: number;
}

/** Of the events in `[from, to)` (epoch ms). */
export async function readLogEnds(tx: Tx, span: { from: number; to: number }): Promise<LogEnd[]> {
  if (isEventLog(tx)) return logEndsIn(tx, span);
  const [from, to] = [span.from, span.to].map((at) => new Date(at).toISOString());
  return tx.$queryRawUnsafe<LogEnd[]>(
    `SELECT key, recipient_account AS account, (extract(epoch FROM max(at)) * 1000)::float8 AS until FROM audit_event
     WHERE at >= $1::timestamptz AND at < $2::timestamptz AND key IS NOT NULL GROUP BY 1, 2`,
    from,
    to,
  );
}
