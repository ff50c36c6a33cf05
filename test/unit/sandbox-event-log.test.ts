import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AwsCloud } from '../../lib/sandbox/aws/cloud.ts';
import type { Principal } from '../../lib/sandbox/aws/principals.ts';
import { writeLogFiles } from '../../lib/sandbox/aws/trail-files.ts';
import {
  customer,
  encrypt,
  minuteMs,
  newCloud,
  newScene,
  records,
  run,
  startMs,
  time,
} from '../support/cloud-scene.ts';

beforeEach(() => {
  time.nowMs = startMs;
});

describe('the log', () => {
  it('keeps at most eventsMax events and drops the oldest', () => {
    const scene = newScene({ eventsMax: 10 });
    for (let i = 0; i < 3000; i += 1) {
      time.nowMs += 10;
      encrypt(scene, scene.caller);
    }
    const kept = scene.cloud.events(customer);
    expect(kept).toHaveLength(10);
    expect(kept.at(-1)?.at).toBe(time.nowMs);
    expect(kept[0]?.at).toBe(time.nowMs - 90);
  });

  it('forgets on prune what happened before an instant', () => {
    const scene = newScene();
    for (let i = 0; i < 10; i += 1) {
      time.nowMs += 1000;
      encrypt(scene, scene.owner);
    }
    expect(scene.cloud.prune(startMs + 5000)).toBe(5);
    expect(scene.cloud.events(customer)[0]?.at).toBe(startMs + 5000);
  });

  it('comes back from the journal as it was', () => {
    const lines: string[] = [];
    const scene = newScene({ journal: (event) => lines.push(JSON.stringify(event)) });
    for (let i = 0; i < 20; i += 1) {
      time.nowMs += 1000;
      encrypt(scene, scene.caller);
    }
    time.nowMs += 10 * minuteMs;
    const state = { ...scene.cloud.exportState(), events: lines.map((line) => JSON.parse(line)) };
    const again = newCloud({ state });
    expect(records(again, customer)).toEqual(records(scene.cloud, customer));
    const look = (cloud: AwsCloud, who: Principal) => run(cloud, who, 'LookupEvents').Events;
    expect(look(again, scene.owner)).toEqual(look(scene.cloud, scene.owner));
    expect(look(again, scene.caller)).toEqual(look(scene.cloud, scene.caller));
  });
});

describe('writeLogFiles', () => {
  it('writes delivered events once each in the layout of the bucket', async () => {
    const scene = newScene();
    for (let i = 0; i < 20_000; i += 1) {
      time.nowMs += 100;
      encrypt(scene, scene.caller);
    }
    const untilMs = time.nowMs;
    const delivered = scene.cloud.events(customer).filter((event) => event.visibleAt <= untilMs);
    const dir = await mkdtemp(path.join(tmpdir(), 'sandbox-trail-'));
    try {
      const counts = await writeLogFiles(scene.cloud, { account: customer, dir, untilMs });
      await writeLogFiles(scene.cloud, { account: customer, dir, untilMs });
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      expect(files).toHaveLength(counts.files.length);
      const ids = new Set<string>();
      for (const file of files) {
        expect(file.name).toMatch(
          /^111122223333_CloudTrail_eu-central-1_20260301T00[0-4][05]Z_[0-9a-f]{16}\.json\.gz$/,
        );
        expect(path.relative(dir, file.parentPath)).toBe(
          path.join('AWSLogs', customer, 'CloudTrail', 'eu-central-1', '2026', '03', '01'),
        );
        const text = gunzipSync(await readFile(path.join(file.parentPath, file.name))).toString();
        for (const { eventID } of JSON.parse(text).Records) ids.add(eventID);
      }
      expect(ids.size).toBe(delivered.length);
      expect(counts.records).toBe(delivered.length);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
