import type { Tx } from '../../connection/transaction.ts';
import { logEndsIn } from '../../event-log/answers.ts';
import { isEventLog } from '../../event-log/event-log.ts';

/** Until when a key is in the log of an account; null where records do not say whose log it was. Epoch ms. */
export interface LogEnd {
  key: string;
  account: string | null;
  until: number;
}

/** Of the events in `[from, to)` (epoch ms): each key's last one, which an index has. */
export async function readLogEnds(tx: Tx, span: { from: number; to: number }): Promise<LogEnd[]> {
  if (isEventLog(tx)) return logEndsIn(tx, span);
  const keys = await tx.$queryRawUnsafe<{ id: number; key: string }[]>(
    `SELECT d.id, d.name AS key FROM dimension d WHERE d.kind = 1 AND d.id IN (SELECT key FROM key_caller)`,
  );
  const ends: LogEnd[] = [];
  for (const { id, key } of keys) {
    const rows = await tx.$queryRawUnsafe<Omit<LogEnd, 'key'>[]>(
      `SELECT (extract(epoch FROM e.at) * 1000)::float8 AS until, d.name AS account
       FROM (SELECT at, recipient_account FROM event WHERE key = $1::int AND at >= $2::timestamptz AND at < $3::timestamptz
         ORDER BY at DESC LIMIT 1) e
       LEFT JOIN dimension d ON d.kind = 10 AND d.id = e.recipient_account`,
      id,
      new Date(span.from).toISOString(),
      new Date(span.to).toISOString(),
    );
    for (const end of rows) ends.push({ key, ...end });
  }
  return ends;
}
