/**
 * What a large log costs in memory, imported into the embedded database or explained alone: half a gibibyte, whatever
 * its size. Linux alone tells of a process.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyArn } from '../support/records.ts';
import { sized } from '../support/sized.ts';
import { removeDir, scratchDir } from '../support/up.ts';

const records = sized({ ci: 12_000, long: 1_000_000 });
const perFile = 2_000;
const sampleMs = 100;
const mebibyte = 1024;
const levelMiB = 512;
const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await scratchDir();
  await mkdir(join(dir, 'log'));
  for (let from = 0; from < records; from += perFile) {
    const some = Array.from({ length: perFile }, (_, no) => record(from + no));
    const name = `${String(from).padStart(8, '0')}.json.gz`;
    await writeFile(join(dir, 'log', name), gzipSync(JSON.stringify({ Records: some })));
  }
}, 600_000);
afterAll(() => removeDir(dir));

function record(no: number) {
  const session = `engine-${no % 8}`;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAOURS000000000000:${session}`,
      arn: `arn:aws:sts::100000000001:assumed-role/messages-prod/${session}`,
      accountId: '100000000001',
    },
    eventTime: new Date(Date.UTC(2026, 10, 1) + no * 2_000).toISOString(),
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: 'eu-central-1',
    sourceIPAddress: `10.0.0.${no % 8}`,
    userAgent: 'aws-sdk-js/3',
    requestParameters: { encryptionContext: { tenant: `t${no % 500}`, doc: `d${no % 20_000}` } },
    requestID: `r-${no}`,
    eventID: `e-${no}`,
    resources: [{ type: 'AWS::KMS::Key', ARN: keyArn }],
    eventType: 'AwsApiCall',
    recipientAccountId: '200000000001',
  };
}

/** Resident MiB of a command, moment by moment, until it ends; and how it ended. */
async function memoryOf(args: string[]): Promise<{ code: number | null; levels: number[] }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' });
  const levels: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    if (resident !== undefined) levels.push(Number(resident) / mebibyte);
    await sleep(sampleMs);
  }
  return { code: child.exitCode, levels };
}

const median = (levels: readonly number[]): number =>
  [...levels].sort((a, b) => a - b)[levels.length >> 1] ?? 0;

test.each([
  {
    name: 'import',
    args: (log: string) => ['import', log, '--data', join(dir, 'data')],
  },
  {
    name: 'explain',
    args: (log: string) => ['explain', '--audit', log, '--json'],
  },
])(
  '$name of a large log stays within its memory',
  async ({ name, args }) => {
    if (!existsSync('/proc/self/status')) return;
    const { code, levels } = await memoryOf(args(join(dir, 'log')));
    expect(code).toBe(0);
    const quarter = Math.floor(levels.length / 4);
    const early = median(levels.slice(quarter, 2 * quarter));
    const late = median(levels.slice(3 * quarter));
    const most = Math.max(...levels);
    console.info(
      `${name} of ${records} records: ${Math.round(early)} MiB early, ${Math.round(late)} late, ${Math.round(most)} at most`,
    );
    expect(late).toBeLessThan(levelMiB);
  },
  3_600_000,
);
