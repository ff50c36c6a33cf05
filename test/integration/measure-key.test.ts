/** Measuring a key: who may, and what is told of when the cloud obeyed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { GcpSide } from '../../lib/sandbox/sides/gcp-side.ts';
import { KeyEngines } from '../../lib/services/keys/key-engines.ts';
import { Measurements } from '../../lib/services/keys/measure-key.ts';
import type { MeasureOrder } from '../../lib/services/owner.ts';
import type { SandboxClient } from '../../lib/services/sandbox-client.ts';
import { turnText } from '../../lib/shared/measure-words.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

let store: TestStore;
let clock: SandboxClock;
let side: GcpSide;
let engines: KeyEngines;
let measurements: Measurements;
beforeAll(async () => {
  store = await openTestStore();
}, 60_000);
beforeEach(async () => {
  await store.clear();
  clock = new SandboxClock({ wall: systemClock, startMs: Date.UTC(2026, 10, 23, 12), speed: 60 });
  side = new GcpSide({ clock, processes: 1 });
  await side.open();
  const access = async () => ({
    clouds: [side.access()].flatMap((cloud) => cloud ?? []),
    otlp: { url: '', token: '' },
  });
  // Nothing but the way to its clouds is asked of it.
  engines = new KeyEngines(() => ({ access }) as SandboxClient);
  measurements = new Measurements();
});
afterEach(async () => {
  await measurements.close();
  await engines.close();
  await side.close();
});
afterAll(() => store.close());

const order = (key: string, given: MeasureOrder, testKeys: readonly string[] = []) =>
  measurements.obey(
    { ...store.ctx, now: async () => clock.now(), engines, testKeys: new Set(testKeys) },
    { key, order: given },
  );
const look = () => order(side.keyUri, { kind: 'look' });
const answers = async () => ((await look()).measured?.turns ?? []).map(({ answer }) => answer);

test('of a test key tells each time when the cloud’s answer turned, until it is ended', async () => {
  expect(await look()).toMatchObject({ isTestKey: true, measured: null });
  await order(side.keyUri, { kind: 'begin', confirm: side.keyUri });
  await expect(order(side.keyUri, { kind: 'begin', confirm: side.keyUri })).rejects.toMatchObject({
    code: 'conflict',
  });
  await expect.poll(answers, { timeout: 10_000 }).toEqual(['granted']);
  const disabledAt = clock.now();
  side.setKey(false);
  await expect.poll(answers, { timeout: 10_000 }).toEqual(['granted', 'refused']);
  side.setKey(true);
  await expect.poll(answers, { timeout: 10_000 }).toEqual(['granted', 'refused', 'granted']);
  const { measured } = await order(side.keyUri, { kind: 'end' });
  if (measured === null) throw new Error('nothing was measured');
  expect(measured.endedAt).not.toBeNull();
  const [, refused] = measured.turns;
  // The sandbox's Google takes a minute.
  expect((refused?.at ?? 0) - disabledAt).toBeGreaterThanOrEqual(60_000);
  expect((refused?.after ?? 0) - disabledAt).toBeLessThanOrEqual(61_000);
  // It may turn between the two requests of a round.
  expect(refused?.operation).toMatch(/^(?:Encrypt|Decrypt)$/);
  expect(refused?.reason).toBe('KEY_DISABLED');
  const { asked } = measured;
  await sleep(1_500);
  expect((await look()).measured?.asked).toBe(asked);
}, 60_000);

test('is refused of a key that nobody marked, and where its id is not typed in', async () => {
  const other = 'gcp-kms:projects/production/locations/eu/keyRings/r/cryptoKeys/k';
  const begin = { kind: 'begin', confirm: other } as const;
  await expect(order(other, begin)).rejects.toMatchObject({ code: 'forbidden' });
  for (const confirm of ['', 'yes', side.keyUri])
    await expect(order(other, { kind: 'begin', confirm }, [other])).rejects.toMatchObject({
      code: 'bad-request',
    });
  expect(await order(other, { kind: 'look' })).toMatchObject({ isTestKey: false, measured: null });
  expect(await order(other, { kind: 'look' }, [other])).toMatchObject({ isTestKey: true });
});

test('says how long the cloud took where its log has the change', () => {
  const at = Date.UTC(2026, 10, 23, 12);
  const turns = [
    { at, after: null, answer: 'granted' as const, operation: null, reason: null },
    {
      ...{ at: at + 65_000, after: at + 64_000, answer: 'refused' as const },
      ...{ operation: 'Encrypt' as const, reason: 'KEY_DISABLED' },
    },
  ];
  const changes = [{ at: at + 4_000, operation: 'UpdateCryptoKeyVersion', gives: false }];
  const measured = { startedAt: at, endedAt: null, asked: 66, lastAt: at, turns, changes };
  expect(turns.map((turn) => turnText(turn, measured))).toEqual([
    '2026-11-23 12:00:00 UTC: granted, the first time it was asked.',
    '2026-11-23 12:01:05 UTC: refused (Encrypt: KEY_DISABLED); the last request before it was at 2026-11-23 12:01:04 UTC. Its log has UpdateCryptoKeyVersion at 2026-11-23 12:00:04 UTC: the cloud took 60 to 61 s.',
  ]);
});
