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
const steps = sized({ ci: 18, long: 60 });

let lab: Lab | undefined;
afterEach(async () => {
  await lab?.close();
  lab = undefined;
});

async function opened(config: Partial<LabConfig> & Pick<LabConfig, 'cloud'>): Promise<Lab> {
  const defaults = { preset: 'daily', ttlMinutes: 60, processes: 3, spread: 'none' } as const;
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

/** Does one that makes sense now, those first that were never done. */
async function actAtRandom(on: Lab, done: Set<LabActKind>, random: () => number): Promise<void> {
  const order = labActKinds
    .map((kind) => ({ kind, rank: random() + (done.has(kind) ? 1 : 0) }))
    .sort((a, b) => a.rank - b.rank);
  for (const { kind } of order) {
    if ((await act(on, kind)).kind !== 'done') continue;
    done.add(kind);
    return;
  }
}

describe.each(labClouds)('on %s', (cloud: LabCloudName) => {
  test('in random lives what is said to be readable is what can be read', async () => {
    const done = new Set<LabActKind>();
    const seen = { partly: 0, all: 0, none: 0 };
    for (let seed = 1; seed <= lives; seed += 1) {
      const random = seededRandom(1_000 * seed + 7);
      const preset = seed % 2 === 0 ? 'hourly' : 'daily';
      const on = await opened({ cloud, seed, preset, ttlMinutes: seed % 3 === 0 ? 5 : 60 });
      for (let step = 0; step < steps; step += 1) {
        await actAtRandom(on, done, random);
        await on.advance(on.now + (waits[Math.floor(random() * waits.length)] ?? 0));
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
