import { connectClient, hasCitus } from '../connection/db.ts';

/**
 * By what rows are spread over the workers: a window of one key is one shard's business. Uses of DEKs are told without
 * their key, and which events came in is asked by their ids. What is in none of these lists stays on the coordinator.
 */
const groups: readonly { by: string; tables: readonly [string, ...string[]] }[] = [
  {
    by: 'key',
    tables: [
      'call',
      'attempt',
      'lookup_count',
      'event',
      'pair',
      'raw_block',
      'tally_open',
      'tally_day',
      'key_crossing',
      'key_dek',
      'key_process',
      'key_caller',
      'known_key',
    ],
  },
  { by: 'workspace', tables: ['dek_use'] },
  { by: 'id', tables: ['event_id'] },
];
/** Each worker has all of these, for joins. */
const everywhere = ['dimension'];

/**
 * Spreads those tables that are not yet, with what they hold, where the database is a Citus coordinator; on any other
 * server it does nothing. Resolves to the tables that it has spread.
 */
export async function distribute(url: string): Promise<string[]> {
  const client = await connectClient(url);
  try {
    if (!(await hasCitus(client))) return [];
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM unnest($1::text[]) AS name
       WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(name))`,
      [[...everywhere, ...groups.flatMap(({ tables }) => tables)]],
    );
    const left = new Set(rows.map(({ name }) => name));
    for (const table of everywhere)
      if (left.has(table)) await client.query('SELECT create_reference_table($1)', [table]);
    for (const { by, tables } of groups)
      for (const table of tables)
        if (left.has(table))
          await client.query(
            'SELECT create_distributed_table($1::regclass, $2, colocate_with => $3)',
            [table, by, table === tables[0] ? 'none' : tables[0]],
          );
    return [...left];
  } finally {
    await client.end();
  }
}
