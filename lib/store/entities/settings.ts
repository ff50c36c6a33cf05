/** The few things that people name or choose, a row each. Retention leaves them alone. */
import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';

/** The JSON value kept under a name, or undefined; the caller checks its shape. */
export async function readSetting(tx: Tx, name: string): Promise<unknown> {
  const rows = await readOnce(tx, `setting ${name}`, () =>
    tx.$queryRawUnsafe<{ value: unknown }[]>('SELECT value FROM setting WHERE name = $1', name),
  );
  return rows[0]?.value;
}

export async function writeSetting(tx: Tx, name: string, value: object): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO setting (name, value) VALUES ($1, $2::jsonb) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    JSON.stringify(value),
  );
}

export async function deleteSetting(tx: Tx, name: string): Promise<void> {
  await tx.$executeRawUnsafe('DELETE FROM setting WHERE name = $1', name);
}
