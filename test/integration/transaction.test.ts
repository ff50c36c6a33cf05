/** What a transaction does where the database does not do as it is told. */
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeDb, openDb } from '../../lib/store/connection/db.ts';
import { intern } from '../../lib/store/connection/intern.ts';
import { isOutage } from '../../lib/store/connection/is-outage.ts';
import { isTooMuchAtOnce } from '../../lib/store/connection/refusal.ts';
import { transaction } from '../../lib/store/connection/transaction.ts';
import { postgresServer, testDatabases } from '../support/postgres.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe.each(testDatabases())('a transaction on $name', ({ name, missing, open }) => {
  let store: TestStore;
  beforeAll(async () => {
    if (missing === null) store = await openTestStore(open);
  }, 120_000);
  afterAll(() => store?.close());
  const workspaces = () =>
    store.query<{ name: string }>('SELECT name FROM dimension WHERE kind = 2 ORDER BY name');

  test.skipIf(missing)('that the database undoes at its end has failed', async () => {
    const { db } = store.ctx;
    const work = transaction(db, async (tx) => {
      await intern(tx, 'workspace', ['lost']);
      await tx.$queryRawUnsafe('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('undone');
    expect(await workspaces()).toEqual([]);
    await transaction(db, (tx) => intern(tx, 'workspace', ['lost']));
    expect(await workspaces()).toEqual([{ name: 'lost' }]);
  });

  // The embedded database has one session, and nothing that ends a statement of it.
  if (name !== postgresServer().name) return;

  test.skipIf(missing)('whose statement hangs is ended, and the next one goes on', async () => {
    const { db } = store.ctx;
    const began = performance.now();
    const hangs = transaction(db, (tx) => tx.$queryRawUnsafe('SELECT pg_sleep(60)'), 300);
    const error = await caught(hangs);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect([isOutage(error), isTooMuchAtOnce(error)]).toEqual([true, true]);
    expect(await transaction(db, (tx) => tx.$queryRawUnsafe('SELECT 1 AS one'))).toEqual([
      { one: 1 },
    ]);
  });

  test.skipIf(missing)(
    'that waits too long for others says so, and takes nothing apart',
    async () => {
      const { db } = store.ctx;
      const other = transaction(db, (tx) => tx.$queryRawUnsafe('SELECT pg_sleep(1.5)'));
      const waits = [200, 300].map((msMax) =>
        caught(transaction(db, (tx) => tx.$queryRawUnsafe('SELECT 1'), msMax)),
      );
      for (const error of await Promise.all(waits))
        expect([isOutage(error), isTooMuchAtOnce(error)]).toEqual([true, false]);
      await other;
    },
  );

  test.skipIf(missing)('that nobody answers any more ends all the same', async () => {
    const sockets: Socket[] = [];
    const path = join(new URL(store.url).searchParams.get('host') ?? '', '.s.PGSQL.5432');
    const between = createServer((near) => {
      const far = connect(path);
      sockets.push(near, far);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const)
        from.on('error', () => undefined).pipe(to);
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    const address = between.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = new URL(store.url);
    const db = await openDb(`postgresql://postgres@127.0.0.1:${address.port}${url.pathname}`);
    const silent = transaction(
      db,
      async (tx) => {
        for (const socket of sockets) socket.unpipe();
        return tx.$queryRawUnsafe('SELECT 1');
      },
      200,
    );
    const error = await caught(silent);
    expect([isOutage(error), isTooMuchAtOnce(error)]).toEqual([true, false]);
    for (const socket of sockets) socket.destroy();
    await closeDb(db);
    between.close();
  });
});
