/**
 * Where logs of files end. Each cloud, account and Region, project or vault has a log of its own: that one of them ends
 * before the others is no sign that its requests did.
 */
import { parseKeyUri } from '@keytide/crypto-core';
import { tupleKey } from '../../shared/tuple-key.ts';
import { type LogEnd, readLogEnds } from '../../store/views/spikes/read-log-ends.ts';
import type { ViewContext } from '../context.ts';

/** By key, until when there is a log that has it; epoch ms. */
export async function logEndsOf(
  { db }: ViewContext,
  span: { from: number; to: number },
): Promise<ReadonlyMap<string, number>> {
  const rows = await readLogEnds(db, span);
  const ends = new Map<string, number>();
  const later = (of: string, until: number) => ends.set(of, Math.max(ends.get(of) ?? 0, until));
  for (const row of rows) later(logOf(row), row.until);
  const byKey = new Map<string, number>();
  for (const row of rows) {
    const until = ends.get(logOf(row)) ?? row.until;
    byKey.set(row.key, Math.max(byKey.get(row.key) ?? 0, until));
  }
  return byKey;
}

/** Which log an event was delivered to. */
function logOf({ key, account }: Pick<LogEnd, 'key' | 'account'>): string {
  const id = parsed(key);
  switch (id?.provider) {
    case 'aws':
      return tupleKey('aws', id.region, account ?? id.account);
    case 'gcp':
      return tupleKey('gcp', id.name.split('/')[1] ?? '');
    case 'azure':
      return tupleKey('azure', id.vaultUrl);
    default:
      return tupleKey('other', account);
  }
}

function parsed(key: string): ReturnType<typeof parseKeyUri> | null {
  try {
    return parseKeyUri(key);
  } catch {
    return null;
  }
}
