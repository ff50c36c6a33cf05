import { idOrAny } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';

/** A stretch of one key's requests, or one workspace's among them. */
export interface SpikeInterval {
  no: number;
  key: string;
  /** Null for all. */
  workspace: string | null;
  /** Epoch ms, `[from, to)`. */
  from: number;
  to: number;
}

/** Such intervals as a table `s` of ids, given in $1 as what `intervalParameter` resolves to. */
export const intervalRecordset =
  'jsonb_to_recordset($1::jsonb) AS s(no int, key int, workspace int, "from" timestamptz, "to" timestamptz)';

export async function intervalParameter(
  tx: Tx,
  intervals: readonly SpikeInterval[],
): Promise<string> {
  const given: object[] = [];
  for (const { no, key, workspace, from, to } of intervals)
    given.push({
      no,
      key: await idOrAny(tx, 'key', key),
      workspace: await idOrAny(tx, 'workspace', workspace),
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    });
  return JSON.stringify(given);
}
