/** A lab at a clock's pace, through the sandbox's control plane: two tabs, one left and rejoined, and bad input. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { startControlServer } from '../../lib/sandbox/control-server.ts';
import { LabHouse } from '../../lib/sandbox/lab/lab-house.ts';
import { type SandboxClient, sandboxClient } from '../../lib/services/sandbox-client.ts';
import type { LabActKind, LabConfig, LabOrder, LabView } from '../../lib/shared/lab/lab-view.ts';

const token = 'the-control-token';
const minuteMs = 60_000;
const config: LabConfig = {
  cloud: 'aws',
  preset: 'daily',
  ttlMinutes: 60,
  processes: 3,
  spread: 'none',
  seed: 5,
  scenario: null,
};

let faults: string[];
let house: LabHouse;
let control: Awaited<ReturnType<typeof startControlServer>>;
let client: SandboxClient;

beforeEach(async () => {
  faults = [];
  house = new LabHouse({ wall: systemClock, onError: (message) => faults.push(message) });
  const controlled = {
    state: () => ({ now: 0, speed: 60, laying: false, keys: [] }),
    access: () => null,
    setKey: () => {},
    setSpeed: () => {},
    labs: () => house,
  };
  control = await startControlServer(controlled, token);
  client = sandboxClient({ url: control.url, token });
});

afterEach(async () => {
  await house.close();
  await control.close();
  expect(faults).toEqual([]);
});

async function ordered(id: string, order: LabOrder): Promise<LabView> {
  const answer = await client.orderLab(id, order);
  if (!('turns' in answer)) throw new Error('the lab was ended');
  return answer;
}

const acted = (id: string, kind: LabActKind, key?: string) =>
  ordered(id, { kind: 'act', act: { kind, key } });

/** What the last order was answered with. */
const lastTurn = (view: LabView) => view.turns.find(({ kind }) => kind !== 'seen');

test('two tabs see one lab; who comes back finds that it went on; ended, it is gone', async () => {
  const begun = await client.beginLab(config);
  await acted(begun.id, 'disable');
  const [one, two] = [await client.lab(begun.id), await client.lab(begun.id)];
  expect(one.keys[0]?.asked).toBe('disabled');
  expect(two.turns).toEqual(one.turns);
  await ordered(begun.id, { kind: 'speed', speed: 3600 });
  await wait(200);
  const later = await client.lab(begun.id);
  expect(later.now).toBeGreaterThan(two.now + minuteMs);
  expect((await client.labs()).labs.map(({ id }) => id)).toEqual([begun.id]);
  await client.orderLab(begun.id, { kind: 'end' });
  await expect(client.lab(begun.id)).rejects.toMatchObject({ code: 'not-found' });
  expect((await client.labs()).labs).toEqual([]);
});

test('what makes no sense changes nothing and says why', async () => {
  const { id } = await client.beginLab({ ...config, cloud: 'gcp' });
  await ordered(id, { kind: 'speed', speed: 0 });
  await acted(id, 'disable');
  expect(lastTurn(await acted(id, 'disable'))).toMatchObject({
    kind: 'refused',
    text: 'Key A is disabled already. Nothing was changed.',
  });
  expect(lastTurn(await acted(id, 'repoint-alias'))).toMatchObject({
    kind: 'refused',
    text: 'Google Cloud has no aliases of keys: switch the key id instead. Nothing was changed.',
  });
  const strange = 'arn:aws:kms:eu-central-1:111122223333:key/1234';
  const switched = await ordered(id, { kind: 'act', act: { kind: 'switch-key', key: strange } });
  expect(lastTurn(switched)?.text).toMatch(
    /^That is a key of AWS, and this lab runs on Google Cloud/,
  );
  expect(switched.registered.key).toBe('A');
  const back = await ordered(id, { kind: 'skip', ms: -minuteMs });
  expect(lastTurn(back)?.text).toMatch(/^Time goes forward only/);
  await expect(ordered(id, { kind: 'speed', speed: 4000 })).rejects.toMatchObject({
    code: 'bad-request',
  });
  await expect(client.beginLab({ ...config, ttlMinutes: 0 })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringMatching(/^ttlMinutes: /),
  });
  await expect(client.lab('nothing')).rejects.toMatchObject({ code: 'not-found' });
});

test.each(['aws', 'gcp', 'azure'] as const)(
  'on %s what is done twice is done once, and a deleted key is never enabled again',
  async (cloud) => {
    const { id } = await client.beginLab({ ...config, cloud, processes: 1 });
    await ordered(id, { kind: 'speed', speed: 0 });
    const twice = async (kind: LabActKind) => {
      expect(lastTurn(await acted(id, kind)), kind).toMatchObject({ kind: 'done' });
      const again = lastTurn(await acted(id, kind));
      expect(again, kind).toMatchObject({ kind: 'refused' });
      expect(again?.text, kind).toMatch(/(?:already|answers every|has its|trusted)\b/);
    };
    for (const [take, give] of [
      ['take-permission', 'give-permission'],
      ['detach-trust', 'attach-trust'],
      ['cut-off', 'restore'],
      ['throttle', 'restore'],
      ['disable', 'enable'],
    ] as const) {
      await twice(take);
      await twice(give);
    }
    await twice('schedule-deletion');
    const { now } = await ordered(id, { kind: 'skip', ms: 91 * 86_400_000 });
    await expect
      .poll(async () => (await client.lab(id)).now, { timeout: 20_000 })
      .toBe(now + 91 * 86_400_000);
    for (const kind of ['enable', 'disable', 'schedule-deletion', 'rotate'] as const) {
      const view = await acted(id, kind);
      expect(lastTurn(view), kind).toMatchObject({ kind: 'refused' });
      expect(lastTurn(view)?.text).toMatch(/^Key A is deleted for good: nothing brings it back/);
      expect(view.keys[0]?.asked).toBe('gone');
      expect(view.data.reduce((sum, { readableByAny }) => sum + readableByAny, 0)).toBe(0);
    }
  },
);

test('time travel during an outage ends leases and begins none', async () => {
  const { id } = await client.beginLab(config);
  await ordered(id, { kind: 'speed', speed: 0 });
  await acted(id, 'cut-off');
  const { now } = await ordered(id, { kind: 'skip', ms: 70 * minuteMs });
  await expect
    .poll(async () => (await client.lab(id)).now, { timeout: 20_000 })
    .toBe(now + 70 * minuteMs);
  const { processes, data, revocations } = await client.lab(id);
  expect(processes.map(({ leases }) => leases)).toEqual([0, 0, 0]);
  expect(data.reduce((sum, { readableByAny }) => sum + readableByAny, 0)).toBe(0);
  expect(revocations).toEqual([]);
});

test('as many labs as may run, and no more', async () => {
  const labs = [];
  for (let n = 0; n < 3; n += 1) labs.push(await client.beginLab({ ...config, processes: 1 }));
  await expect(client.beginLab(config)).rejects.toMatchObject({ code: 'conflict' });
  await client.orderLab(labs[0]?.id ?? '', { kind: 'end' });
  await client.beginLab({ ...config, processes: 1 });
});

test('a scenario stops at the end of each step, at the same instants whoever asks how often', async () => {
  const lived = async () => {
    const { id } = await client.beginLab({ ...config, scenario: 'by-mistake' });
    for (let step = 0; step < 3; step += 1) {
      await Promise.all([ordered(id, { kind: 'next', step }), ordered(id, { kind: 'next', step })]);
      await expect
        .poll(async () => (await client.lab(id)).stepEndsAt, { timeout: 30_000 })
        .toBeNull();
    }
    const { turns, data, step, isRunning, checks, residual, lateReleases } = await client.lab(id);
    await client.orderLab(id, { kind: 'end' });
    return { turns, data, step, isRunning, checks, residual, lateReleases };
  };
  const first = await lived();
  expect(first).toMatchObject({ step: 3, isRunning: false, residual: 0, lateReleases: 0 });
  expect(first.checks).toHaveLength(1);
  expect(first.checks[0]).toMatchObject({ differing: 0 });
  expect(await lived()).toEqual(first);
});

test.each(['aws', 'gcp', 'azure'] as const)(
  'at 3,600 times the speed the lab keeps pace on %s, and every request is in the log',
  async (cloud) => {
    const { id } = await client.beginLab({ ...config, cloud, processes: 8 });
    await ordered(id, { kind: 'speed', speed: 3600 });
    await wait(3_000);
    // A wall second, on a machine that does other things too.
    await expect
      .poll(async () => (await client.lab(id)).behindMs, { timeout: 10_000 })
      .toBeLessThan(3_600_000);
    // Looked at in the midst of it, too.
    for (let look = 0; look < 20; look += 1) expect((await client.lab(id)).residual).toBe(0);
  },
);
