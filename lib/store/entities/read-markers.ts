import type { KeyFilter } from '../../domain/key-filter.ts';
import type { Tx } from '../connection/transaction.ts';

/** What a chart may mark, as telemetry, the log and whoever was asked tell it; instants epoch ms, each newest first. */
export interface MarkerRows {
  boots: { at: number; process: string; version: string | null }[];
  changes: { at: number; key: string; action: string }[];
  told: { at: number; kind: string; text: string }[];
}

const rowsMax = 1_000;
/** Changes of a key's life. Grants come and go by the thousand where services make them. */
const changing =
  "'create', 'disable', 'enable', 'schedule', 'cancel', 'destroy', 'policy', 'rotation'";
const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const within = (column: string) => `${column} >= $1::timestamptz AND ${column} < $2::timestamptz`;

export async function readMarkers(
  tx: Tx,
  { from, to, filter }: { from: number; to: number; filter: KeyFilter },
): Promise<MarkerRows> {
  const values = [new Date(from).toISOString(), new Date(to).toISOString()];
  return {
    boots: await tx.$queryRawUnsafe<MarkerRows['boots']>(
      `SELECT ${ms('started_at')} AS at, process, version FROM process_boot WHERE ${within('started_at')}
         AND ($3::text IS NULL OR process = $3) ORDER BY started_at DESC LIMIT ${rowsMax}`,
      ...values,
      filter.process ?? null,
    ),
    changes: await tx.$queryRawUnsafe<MarkerRows['changes']>(
      `SELECT ${ms('at')} AS at, key, action FROM audit_event WHERE ${within('at')} AND state = 'other'
         AND error_code IS NULL AND key IS NOT NULL AND action IN (${changing}) AND ($3::text[] IS NULL OR key = ANY($3))
         ORDER BY at DESC LIMIT ${rowsMax}`,
      ...values,
      filter.keys ?? null,
    ),
    told: await tx.$queryRawUnsafe<MarkerRows['told']>(
      `SELECT ${ms('at')} AS at, kind, text FROM marker WHERE ${within('at')} ORDER BY at DESC LIMIT ${rowsMax}`,
      ...values,
    ),
  };
}
