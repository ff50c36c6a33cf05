/** A recorded workload over each cloud's wire, through the unchanged SDKs: the same requests on every one. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readTrace } from '../../lib/sandbox/replay/read-trace.ts';
import type { ReplayResult } from '../../lib/sandbox/replay/replay.ts';
import { runReplay } from '../../lib/sandbox/replay/run-replay.ts';
import type { CloudName } from '../../lib/sandbox/sides/side.ts';
import { needSharedData } from '../support/shared-data.ts';
import { sized } from '../support/sized.ts';
import { readExpected } from '../support/workloads.ts';

const variant = '24h_8p_row_shared';
const hourMs = 3_600_000;

const countsOf = ({ messages, kmsEncrypt, kmsDecrypt, causes, hourly }: ReplayResult) => ({
  messages,
  kmsEncrypt,
  kmsDecrypt,
  causes,
  hourly,
});

/** Lines of a log, in whatever folders they lie. */
async function linesIn(dir: string): Promise<string[]> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map((file) => readFile(path.join(file.parentPath, file.name), 'utf8')),
  );
  return texts.flatMap((text) => text.trimEnd().split('\n'));
}

test('ragpulse_14d makes the same requests over the wire of each cloud', async (context) => {
  const all = await readTrace(needSharedData(context, 'workloads/ragpulse_14d.csv.gz'));
  const expected = await readExpected(needSharedData(context, 'workloads/expected.json'));
  const from = all[0]?.at ?? 0;
  const hours = sized({ ci: 30, long: Number.POSITIVE_INFINITY });
  const rows = all.filter(({ at }) => at < from + hours * hourMs);
  const dir = await mkdtemp(path.join(tmpdir(), 'replay-clouds-'));
  const over = (cloud: CloudName, wire: boolean) =>
    runReplay(rows, {
      policy: { dekRotationMs: 24 * hourMs, ttlMs: hourMs, deks: 'shared' },
      processes: 8,
      routing: 'row',
      seed: 1,
      cloud,
      wire,
      ...(cloud !== 'aws' && { out: path.join(dir, cloud) }),
    });
  try {
    const inProcess = countsOf(await over('aws', false));
    expect(inProcess.kmsDecrypt).toBeGreaterThan(100);
    for (const cloud of ['aws', 'gcp', 'azure'] as const)
      expect(countsOf(await over(cloud, true))).toEqual(inProcess);
    if (hours === Number.POSITIVE_INFINITY) {
      const policy = expected.traces.ragpulse_14d?.policies[variant];
      const { kms_encrypt: kmsEncrypt, kms_decrypt: kmsDecrypt } = policy ?? {};
      expect(inProcess).toMatchObject({ kmsEncrypt, kmsDecrypt });
    }
    const used = {
      gcp: /"methodName":"(?:En|De)crypt"/,
      azure: /"operationName":"Key(?:W|Unw)rap"/,
    };
    for (const [cloud, pattern] of Object.entries(used)) {
      const lines = await linesIn(path.join(dir, cloud, 'log'));
      const uses = lines.filter((line) => pattern.test(line));
      expect(uses).toHaveLength(inProcess.kmsEncrypt + inProcess.kmsDecrypt);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});
