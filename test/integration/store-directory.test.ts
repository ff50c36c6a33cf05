import { randomBytes } from 'node:crypto';
import {
  createEngine,
  type DekDirectory,
  type KmsCall,
  parseEnvelope,
  type TelemetrySink,
} from '@keytide/crypto-core';
import { localProvider } from '@keytide/crypto-core/providers/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDb, type Db, openDb } from '../../lib/store/db.ts';
import { migrate } from '../../lib/store/migrate.ts';
import { pgDirectory } from '../../lib/store/pg-directory.ts';
import { type TestDatabase, testDatabases } from '../support/postgres.ts';

const enginesMax = 8;
const body = Buffer.from('body');
const portOptions = { signal: new AbortController().signal };

for (const kind of testDatabases()) {
  describe.skipIf(kind.missing)(`the directory of DEKs on ${kind.name}`, () => {
    let database: TestDatabase;
    const dbs: Db[] = [];

    beforeAll(async () => {
      database = await kind.open();
      await migrate(database.url);
      for (let n = 0; n < enginesMax; n += 1) dbs.push(await openDb(database.url));
    });
    afterAll(async () => {
      for (const db of dbs) await closeDb(db);
      await database?.close();
    });

    const directoryOf = (n: number): DekDirectory => {
      const db = dbs[n];
      if (db === undefined) throw new RangeError(`there is no connection ${n}`);
      return pgDirectory(db);
    };

    it('replaces only what the caller saw', async () => {
      const directory = directoryOf(0);
      const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from([0, 255, 92, 39])];
      const replace = async (previous: Buffer | undefined, next: Buffer) =>
        Buffer.from(await directory.replace('seen', previous, next, portOptions));
      expect(await directory.current('seen', portOptions)).toBeUndefined();
      expect(await replace(undefined, a)).toEqual(a);
      expect(await replace(undefined, b)).toEqual(a);
      expect(await replace(b, c)).toEqual(a);
      expect(await replace(Buffer.from('a'), c)).toEqual(c);
      expect(Buffer.from((await directory.current('seen', portOptions)) ?? [])).toEqual(c);
      expect(await directory.current('beta', portOptions)).toBeUndefined();
    });

    it('takes the header of a workspace that it does not know', async () => {
      const next = Buffer.from('next');
      const directory = directoryOf(0);
      expect(
        Buffer.from(await directory.replace('new', Buffer.from('lost'), next, portOptions)),
      ).toEqual(next);
    });

    it.each(['first', 'rotation'] as const)(
      'ends a race of 8 processes (dek.%s) with one DEK, which the others adopt',
      async (when) => {
        const workspace = `race-${when}`;
        const provider = localProvider({ secret: randomBytes(32) });
        const calls: KmsCall[] = [];
        const sink: TelemetrySink = {
          attach: () => {},
          call: (call) => calls.push(call),
          close: async () => {},
        };
        // Nobody writes before all have read: each sees the same DEK due.
        const allHaveRead = Promise.withResolvers<void>();
        let reads = 0;
        const racing = (n: number): DekDirectory => ({
          current: async (name) => {
            const header = await directoryOf(n).current(name, portOptions);
            reads += 1;
            if (reads === enginesMax) allHaveRead.resolve();
            await allHaveRead.promise;
            return header;
          },
          replace: directoryOf(n).replace,
        });
        let now = Date.UTC(2026, 0, 5);
        const engineOn = (directory: DekDirectory, process: string, telemetry = [sink]) =>
          createEngine({
            provider,
            directory,
            process,
            keyFor: () => 'local:key/1',
            policy: 'hourly',
            telemetry,
            runtime: {
              now: () => now,
              monotonic: () => now,
              sleep: async () => {},
              random: () => 0.5,
              fill: (buffer) => void randomBytes(buffer.length).copy(buffer),
              every: () => () => {},
            },
          });
        if (when === 'rotation') {
          const before = engineOn(directoryOf(0), 'before', []);
          await before.encrypt(body, { workspace });
          await before.close();
          now += 3_600_000;
        }
        const engines = dbs.map((_, n) => engineOn(racing(n), `api-${n}`));
        const sealed = await Promise.all(
          engines.map((engine) => engine.encrypt(body, { workspace })),
        );
        const headers = new Set(sealed.map((one) => parseEnvelope(one).header.toString('hex')));
        const current = Buffer.from((await directoryOf(0).current(workspace, portOptions)) ?? []);
        expect([...headers]).toEqual([current.toString('hex')]);
        const causes = calls.map(({ cause }) => cause);
        expect(causes.filter((cause) => cause === `dek.${when}`)).toHaveLength(enginesMax);
        expect(causes.filter((cause) => cause === 'dek.adopted')).toHaveLength(enginesMax - 1);
        for (const engine of engines) {
          expect(await engine.decryptMany(sealed, { workspace })).toEqual(sealed.map(() => body));
          await engine.close();
        }
      },
    );
  });
}
