import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { intern, namesOf } from '../../lib/store/connection/intern.ts';
import { transaction } from '../../lib/store/connection/transaction.ts';
import { testDatabases } from '../support/postgres.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe.each(testDatabases())('interned names on $name', ({ missing, open }) => {
  let store: TestStore;
  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 60_000);
  beforeEach((context) => {
    if (missing !== null) context.skip(missing);
  });
  afterAll(() => store?.close());

  test('a name has one id for ever, and the empty name 0', async () => {
    const { db } = store.ctx;
    const first = await transaction(db, (tx) => intern(tx, 'key', ['k1', 'k2', '', 'k1']));
    expect(first.get('')).toBe(0);
    expect(new Set(first.values()).size).toBe(3);
    expect(await transaction(db, (tx) => intern(tx, 'key', ['k2', 'k1', '']))).toEqual(first);
    const ids = [...first.values()];
    const names = await namesOf(db, 'key', ids);
    expect(ids.map((id) => names.get(id))).toEqual([...first.keys()]);
    expect(
      await namesOf(
        db,
        'workspace',
        ids.filter((id) => id > 0),
      ),
    ).toEqual(new Map());
  });

  test('an id of a transaction that was undone is forgotten with it', async () => {
    const { db } = store.ctx;
    const undone = transaction(db, async (tx) => {
      await intern(tx, 'process', ['p1']);
      // Within the transaction the id is known.
      expect((await intern(tx, 'process', ['p1'])).get('p1')).toBeGreaterThan(0);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const ids = await transaction(db, (tx) => intern(tx, 'process', ['p1']));
    const rows = await store.query<{ id: number }>(
      `SELECT id FROM dimension WHERE kind = 3 AND name = 'p1'`,
    );
    expect(rows).toEqual([{ id: ids.get('p1') }]);
  });
});
