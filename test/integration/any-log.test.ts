import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditFile, readAuditFiles } from '../../lib/sources/files/read-records.ts';
import { needCase } from '../support/shared-data.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

let dir: string;
beforeAll(async () => {
  dir = await scratchDir();
});
afterAll(() => removeDir(dir));

async function filesOf(path: string): Promise<Map<string, AuditFile[]>> {
  const parts: AuditFile[] = [];
  for await (const part of readAuditFiles([path])) parts.push(part);
  return Map.groupBy(parts, ({ file }) => file.slice(path.length + 1));
}

/** What each file of the cases holds: KMS events that are taken. */
const taken: [folder: string, files: Record<string, number>][] = [
  ['01-cwl-subscription', { 'one.json': 7, 'lines.json': 6, 'get-log-events.json': 3 }],
  [
    '02-concatenated',
    {
      'two-s3-files.json': 7,
      'two-s3-files.json.gz': 7,
      'firehose-single-events.json': 5,
      'pretty-sequence.json': 5,
      'firehose-cwl.gz': 6,
    },
  ],
  [
    '03-wrapped',
    {
      'lines.json': 7,
      'sqs-receive-message.json': 3,
      'opensearch-hits.json': 3,
      'splunk-raw.json': 3,
      'elastic-event-original.json': 3,
      'ocsf.json': 3,
      'sqs-s3-notification.json': 0,
    },
  ],
  [
    '04-tables',
    {
      'unload.json': 7,
      'steampipe.json': 3,
      'console-download.json': 3,
      'console-download.csv': 3,
      'lake-query-results.json': 3,
    },
  ],
  [
    '05-event-categories',
    { 'vpce.json': 2, 'aggregated-kms.json': 0, 'CloudTrail-Aggregated/agg.json.gz': 0 },
  ],
  ['06-sparse-records', { 'records.json': 9 }],
  ['07-two-keys', { 'records.json': 5 }],
];

describe('the cases', () => {
  for (const [folder, wanted] of taken)
    test(`${folder}: each file gives the records it has`, async (context) => {
      const files = await filesOf(needCase(context, folder));
      const items = [...files].map(([file, parts]) => [
        file,
        parts.flatMap((part) => part.items).length,
      ]);
      expect(Object.fromEntries(items)).toEqual(wanted);
      const codes = [...files.values()]
        .flat()
        .flatMap(({ rejected }) => rejected.map(({ code }) => code));
      const expected = folder.startsWith('03')
        ? ['notification']
        : folder.startsWith('06')
          ? ['time', 'time']
          : [];
      expect(codes).toEqual(expected);
    });
});

const record = (no: number, change: object = {}) => ({
  eventSource: 'kms.amazonaws.com',
  eventID: `e${no}`,
  eventName: 'Decrypt',
  eventTime: `2026-11-20T08:0${no}:00Z`,
  userIdentity: { type: 'IAMUser', principalId: 'AIDA' },
  ...change,
});

describe('keytide import and explain', () => {
  const write = async (name: string, content: string | Buffer) => {
    await mkdir(join(dir, 'mixed'), { recursive: true });
    const path = join(dir, 'mixed', name);
    await writeFile(path, content);
    return path;
  };
  const data = () => ['--data', join(dir, 'data')];

  test('say in a table what was read, ignored and refused, each with an example and what to do', async () => {
    const good = [record(1), record(2, { eventSource: 's3.amazonaws.com' })];
    await write(
      'a.json.gz',
      gzipSync(good.map((one) => JSON.stringify({ 'detail-type': 'x', detail: one })).join('')),
    );
    await write(
      'b.json',
      JSON.stringify({
        Records: [
          {
            eventSource: 'aws:s3',
            eventName: 'x',
            s3: { bucket: { name: 'b' }, object: { key: 'k' } },
          },
        ],
      }),
    );
    await write('c.pdf', '%PDF-1.7');
    await write(
      'd.json',
      JSON.stringify({ protoPayload: { serviceName: 'storage.googleapis.com' } }),
    );
    await write('e.json', JSON.stringify([record(3, { eventTime: 'noon\u001b[2J' })]));
    const text = await runKeytide(['import', join(dir, 'mixed'), ...data()]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/under +1 +no key that/);
    expect(text.stdout).toMatch(/read +2 +EventBridge envelopes/);
    expect(text.stdout).toMatch(/ignored +2 +records of other services; /);
    expect(text.stdout).toMatch(/refused +1 +notifications .*; fetch the object[\s\S]*s3:\/\/b\/k/);
    expect(text.stdout).toMatch(/refused +1 +files of another kind[\s\S]*a PDF document/);
    expect(text.stdout).toMatch(/refused +1 +records whose time is not understood/);
    expect(text.stdout).not.toContain('\u001b');
    const json = await runKeytide(['import', join(dir, 'mixed'), ...data(), '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      files: 5,
      records: 4,
      kmsEvents: 1,
      duplicates: 1,
      ignored: { 'not-kms': 2 },
      rejected: expect.arrayContaining([expect.objectContaining({ code: 'notification' })]),
      shapes: expect.arrayContaining([
        expect.objectContaining({ shape: 'EventBridge envelopes', records: 2 }),
      ]),
    });
    const explained = await runKeytide(['explain', '--audit', join(dir, 'mixed')]);
    expect(explained.code).toBe(0);
    expect(explained.stderr).toContain('notifications that only point at an object');
    expect(explained.stderr).toMatch(/read +2 +EventBridge envelopes/);
  }, 60_000);

  test('who has read enough of the output closes it, and that is no fault', async () => {
    const path = join(dir, 'read-in-part.json');
    const many = Array.from({ length: 3_000 }, (_, no) =>
      record(no, { eventTime: new Date(Date.UTC(2026, 10, 1) + no * 60_000).toISOString() }),
    );
    await writeFile(path, JSON.stringify(many));
    const child = spawn(process.execPath, [main, 'explain', '--audit', path, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  }, 60_000);

  test.each([
    ['a notification', JSON.stringify({ s3Bucket: 'b', s3ObjectKey: ['k'] })],
    ['another service’s log', JSON.stringify(record(1, { eventSource: 's3.amazonaws.com' }))],
    ['a file of another kind', '%PDF-1.7'],
    ['text', 'nothing\n'],
  ])(
    'exit 1 where there is nothing but %s',
    async (_, content) => {
      const path = join(dir, 'only');
      await writeFile(path, content);
      expect((await runKeytide(['import', path, ...data()])).code).toBe(1);
      const explained = await runKeytide(['explain', '--audit', path]);
      expect(explained.code).toBe(1);
      expect(explained.stdout).toBe('');
      expect(explained.stderr).toContain('Nothing to explain');
    },
    60_000,
  );
});
