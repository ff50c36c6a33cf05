import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { ingestTelemetry } from '../../lib/services/intake/ingest-telemetry.ts';
import { watchRoom } from '../../lib/store/connection/disk-room.ts';
import { maintain } from '../../lib/store/upkeep/maintain.ts';
import { attemptRecord, auditRecord, callRecord, emptyBatch } from '../support/records.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const at = Date.UTC(2026, 10, 23, 6);
/** A file system without a free byte, on every Linux. */
const fullDisk = '/proc';

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = mkdtempSync(join(tmpdir(), 'keytide-full-'));
}, 60_000);
afterAll(async () => {
  await store?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Lets the store's database lie on another disk, as far as it looks for room there. */
function liesOn(disk: string): void {
  const socketDir = mkdtempSync(join(dir, 'socket-'));
  if (disk === fullDisk) symlinkSync(disk, join(socketDir, 'db'));
  else mkdirSync(join(socketDir, 'db'));
  watchRoom(store.ctx.db, socketDir);
}

const calls = [callRecord({ at, seq: 1 }), callRecord({ at: at + 1, seq: 2 })];
const telemetry = { ...emptyBatch(), calls, attempts: calls.map((call) => attemptRecord(call)) };
const audit = {
  records: [auditRecord({ at, eventId: 'e1' })],
  source: 'files',
  seenAt: at,
};

test.skipIf(!existsSync(fullDisk))(
  'on a full disk nothing is written and the sender is told why; with room again it goes on',
  async () => {
    const { ctx } = store;
    const full = {
      code: 'unavailable',
      message: expect.stringMatching(/disk .* is full .*make room/),
    };
    const empty = await store.dump();
    liesOn(fullDisk);
    await expect(ingestTelemetry({ ctx, input: telemetry })).rejects.toMatchObject(full);
    await expect(ingestAudit({ ctx, input: audit })).rejects.toMatchObject(full);
    await expect(maintain(ctx.db)).rejects.toMatchObject(full);
    expect(await store.dump()).toEqual(empty);
    liesOn(tmpdir());
    await expect(ingestTelemetry({ ctx, input: telemetry })).resolves.toMatchObject({
      rejected: 0,
    });
    await expect(ingestAudit({ ctx, input: audit })).resolves.toMatchObject({ added: 1 });
    expect((await store.dump()).kms_call).toHaveLength(2);
  },
);
