import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../lib/domain/clock.ts';
import { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { CloudState } from '../../lib/sandbox/aws/cloud-options.ts';
import { castOf, customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { plantStranger } from '../../lib/sandbox/fleet/plants.ts';
import { type Keeper, keepIn, readKept } from '../../lib/sandbox/keep.ts';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';
import { SandboxClock } from '../../lib/sandbox/sandbox-clock.ts';
import { castNames } from '../../lib/sandbox/sides/aws-side.ts';

const startMs = Date.UTC(2026, 10, 23);
let dir: string;
let keeper: Keeper | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keytide-keep-'));
});

afterEach(() => {
  keeper?.close();
  keeper = undefined;
  rmSync(dir, { recursive: true, force: true });
});

function cloudOf(state?: CloudState): AwsCloud {
  return new AwsCloud({
    clock: new SandboxClock({ wall: systemClock, startMs, speed: 0 }),
    random: randomBytes,
    region: 'eu-central-1',
    deliveryLagMs: { min: 0, max: 0 },
    propagationMs: 0,
    journal: (event) => keeper?.append(event),
    ...(state && { state }),
  });
}

/** A cloud that was used, kept in `dir`. */
function lived() {
  keeper = keepIn(dir, { fresh: true });
  const cloud = cloudOf();
  const cast = castOf(cloud, 1);
  plantStranger(cloud, cast);
  save(cloud, castNames(cast));
  return { cloud, cast };
}

function save(cloud: AwsCloud, cast: ReturnType<typeof castNames>): void {
  keeper?.save({ cloud: cloud.exportState(), cast, clockMs: startMs + 5, disabledAt: null });
}

const records = (cloud: AwsCloud) => cloud.events(customerAccount).map(({ record }) => record);
const journal = () => join(dir, 'cloudtrail.ndjson');

describe('what the sandbox keeps', () => {
  test('is its cloud whole: the same log, the same cast, and a key that still opens', () => {
    const { cloud, cast } = lived();
    const kept = readKept(dir);
    expect(kept).toMatchObject({ cast: castNames(cast), clockMs: startMs + 5, disabledAt: null });
    const restored = cloudOf(kept?.cloud);
    expect(records(restored)).toEqual(records(cloud));
    expect(() => plantStranger(restored, cast)).not.toThrow();
  });

  test('survives a last journal line that a crash cut short, losing that event alone', () => {
    const { cloud } = lived();
    const all = records(cloud);
    writeFileSync(journal(), readFileSync(journal(), 'utf8').slice(0, -40));
    expect(records(cloudOf(readKept(dir)?.cloud))).toEqual(all.slice(0, -1));
  });

  test('loses nothing that is written after a line cut short', () => {
    const { cloud, cast } = lived();
    keeper?.close();
    const all = records(cloud);
    writeFileSync(journal(), readFileSync(journal(), 'utf8').slice(0, -40));
    const kept = readKept(dir);
    keeper = keepIn(dir, { fresh: false });
    const restored = cloudOf(kept?.cloud);
    plantStranger(restored, cast);
    expect(records(restored)).toHaveLength(all.length - 1 + 12);
    expect(records(cloudOf(readKept(dir)?.cloud))).toEqual(records(restored));
  });

  test('is nothing where nothing whole was left', () => {
    expect(readKept(dir)).toBeNull();
    expect(readKept(join(dir, 'absent'))).toBeNull();
    lived();
    writeFileSync(join(dir, 'state.json'), '{"cloud":');
    expect(readKept(dir)).toBeNull();
  });

  test('is as it was before where a crash cut the writing of a new state', () => {
    const { cast } = lived();
    writeFileSync(join(dir, 'state.json.new'), '{"cloud":');
    expect(readKept(dir)?.cast).toEqual(castNames(cast));
  });

  test('keeps who may use the key from outside, and gets one where an earlier release had none', () => {
    const { cast } = lived();
    const kept = readKept(dir);
    if (kept === null) throw new Error('nothing was kept');
    const again = (names: typeof kept.cast) =>
      new Sandbox({
        startMs,
        seed: 1,
        processes: 1,
        otlp: { url: 'http://127.0.0.1:1', token: 'none' },
        restored: { ...kept, cast: names },
      });
    expect(again(kept.cast).awsSide.cast.guest.accessKeyId).toBe(cast.guest.accessKeyId);
    const { guest: _, ...before } = kept.cast;
    expect(again(before).awsSide.cast.guest.arn).toBe(cast.guest.arn);
  });

  test('is forgotten by a fresh start', () => {
    lived();
    keeper?.close();
    keeper = keepIn(dir, { fresh: true });
    expect(readKept(dir)).toBeNull();
    appendFileSync(journal(), '');
    expect(readFileSync(journal(), 'utf8')).toBe('');
  });

  test.skipIf(process.platform === 'win32')('is readable by its owner only: it holds keys', () => {
    lived();
    for (const file of ['state.json', 'cloudtrail.ndjson'])
      expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });
});
