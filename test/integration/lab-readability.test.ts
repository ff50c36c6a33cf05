/**
 * What a lab says can be read is what reading every stored message in every process then gives: in random lives on all
 * three clouds, over their wires, with each act at any time. Nothing is given a TTL after the KMS last said yes.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { Lab } from '../../lib/sandbox/lab/lab.ts';
import { carryOut } from '../../lib/sandbox/lab/lab-acts.ts';
import {
  type LabActKind,
  type LabCloudName,
  type LabConfig,
  labActKinds,
  labClouds,
} from '../../lib/shared/lab/lab-view.ts';
import { sized } from '../support/sized.ts';

const minuteMs = 60_000;
const lives = sized({ ci: 2, long: 40 });
const steps = sized({ ci: 20, long: 60 });

let lab: Lab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function opened(config: Partial<LabConfig> & Pick<LabConfig, 'cloud'>): Promise<Lab> {
  const defaults = { preset: 'daily', ttlMinutes: 60, processes: 2, spread: 'none' } as const;
  lab = await Lab.open({ config: { ...defaults, seed: 1, scenario: null, ...config } });
  return lab;
}

const act = (on: Lab, kind: LabActKind) => carryOut(on, { kind });

async function checked(on: Lab) {
  const check = await on.check();
  expect(check.differing, on.turns.map(({ text }) => text).join('\n')).toBe(0);
  expect(on.lateReleases).toBe(0);
  return check;
}

/** Around the instants at which changes are in force and refusals are forgotten, and after leases have ended. */
const waits = [0, 1_000, 4_999, 5_000, 30_000, 61_000, 12 * minuteMs, 62 * minuteMs];

/** What undoes an act: often done next, while refusals are remembered. */
const undoing = new Map<LabActKind, LabActKind>([
  ['disable', 'enable'],
  ['schedule-deletion', 'enable'],
  ['take-permission', 'give-permission'],
  ['detach-trust', 'attach-trust'],
  ['cut-off', 'restore'],
  ['repoint-alias', 'repoint-alias'],
  ['switch-key', 'switch-key'],
]);

/** Does one that makes sense now: the last one's undoing, or of the others those first that were never done. */
async function actAtRandom(
  on: Lab,
  { done, last }: { done: ReadonlySet<LabActKind>; last: LabActKind | undefined },
  random: () => number,
): Promise<LabActKind> {
  const undo = last !== undefined && random() < 0.5 ? undoing.get(last) : undefined;
  const order = labActKinds
    .map((kind) => ({
      kind,
      rank: kind === undo ? -1 : random() + (done.has(kind) ? 1 : 0),
    }))
    .sort((a, b) => a.rank - b.rank);
  for (const { kind } of order) if ((await act(on, kind)).kind === 'done') return kind;
  throw new Error('nothing can be done');
}

describe.each(labClouds)('on %s', (cloud: LabCloudName) => {
  test('in random lives what is said to be readable is what can be read', async () => {
    const done = new Set<LabActKind>();
    const seen = { partly: 0, all: 0, none: 0 };
    for (let seed = 1; seed <= lives; seed += 1) {
      const random = seededRandom(1_000 * seed + 7);
      const preset = seed % 2 === 0 ? 'hourly' : 'daily';
      const on = await opened({ cloud, seed, preset, ttlMinutes: seed % 3 === 0 ? 5 : 60 });
      let last: LabActKind | undefined;
      for (let step = 0; step < steps; step += 1) {
        last = await actAtRandom(on, { done, last }, random);
        done.add(last);
        await on.advance(on.now + (waits[Math.floor(random() * waits.length)] ?? 0));
        // Reading gives leases: what is not read now and then is what has none.
        if (random() < 0.5) continue;
        const { reads, readReadable } = await checked(on);
        seen[readReadable === 0 ? 'none' : readReadable === reads ? 'all' : 'partly'] += 1;
      }
      await on.close();
      lab = undefined;
    }
    const never = labActKinds.filter((kind) => !done.has(kind));
    expect(never).toEqual(cloud === 'aws' ? [] : ['repoint-alias']);
    expect(Math.min(seen.partly, seen.all, seen.none), JSON.stringify(seen)).toBeGreaterThan(0);
  });

  test('at the very instants around each change and its undoing, too', async () => {
    const on = await opened({ cloud });
    const { propagationMs } = on.cloud;
    for (const [kind, undo] of undoing) {
      if (kind === 'repoint-alias' && cloud !== 'aws') continue;
      // So long that some leases have ended and others run.
      await on.advance(on.now + 62 * minuteMs);
      for (const next of [kind, undo]) {
        expect((await act(on, next)).kind).toBe('done');
        await checked(on);
        await on.advance(on.now + propagationMs - 1);
        await checked(on);
        await on.advance(on.now + 1);
        await checked(on);
        // A session without trust has ended by then.
        if (next === 'detach-trust') await on.advance(on.now + 16 * minuteMs);
        await checked(on);
      }
      await on.advance(on.now + 5_000);
      await checked(on);
    }
  });

  test('what a key wrapped is all readable once it is enabled again, and never once it is deleted', async () => {
    const on = await opened({ cloud });
    await act(on, 'disable');
    await on.advance(on.now + 70 * minuteMs);
    expect((await checked(on)).readableMessages).toBe(0);
    await act(on, 'enable');
    await on.advance(on.now + 2 * minuteMs);
    const back = await checked(on);
    expect(back.readReadable).toBe(back.reads);

    await act(on, 'schedule-deletion');
    await on.advance(on.now + 70 * minuteMs);
    expect((await checked(on)).readableMessages).toBe(0);
    await act(on, 'enable');
    await on.advance(on.now + 2 * minuteMs);
    const undone = await checked(on);
    expect(undone.readReadable).toBe(undone.reads);

    await act(on, 'schedule-deletion');
    on.beQuietUntil(on.now + 91 * 1_440 * minuteMs);
    await on.advance(on.now + 91 * 1_440 * minuteMs);
    for (const kind of ['enable', 'disable', 'rotate', 'schedule-deletion'] as const)
      expect((await act(on, kind)).kind).toBe('refused');
    expect((await checked(on)).readableMessages).toBe(0);
    const old = new Set(on.stored.deks);
    await act(on, 'switch-key');
    await on.advance(on.now + 30 * minuteMs);
    const after = await checked(on);
    const ofOld = [...on.stored.deks].filter((dek) => old.has(dek));
    const lost = ofOld.reduce((sum, { envelopes }) => sum + envelopes, 0);
    expect(lost).toBeGreaterThan(0);
    expect(after.readableMessages).toBe(after.messages - lost);
  });
});
