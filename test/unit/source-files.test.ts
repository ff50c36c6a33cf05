import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRecord, Provider } from '../../lib/domain/audit-record.ts';
import { isAside } from '../../lib/domain/kms-operations.ts';
import { jsonFault } from '../../lib/sources/files/json-fault.ts';
import {
  type AuditFile,
  type ReadOptions,
  readAuditFiles,
} from '../../lib/sources/files/read-records.ts';
import { needSharedData } from '../support/shared-data.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keytide-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function event(id: string): Record<string, unknown> {
  return {
    eventSource: 'kms.amazonaws.com',
    eventID: id,
    eventName: 'Decrypt',
    eventTime: '2025-03-05T21:19:44Z',
  };
}
const one = JSON.stringify(event('e1'));
const two = JSON.stringify(event('e2'));

function write(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

async function readAll(paths: string[], options?: ReadOptions): Promise<AuditFile[]> {
  return collect(readAuditFiles(paths, options));
}

async function readOne(content: string | Buffer, options?: ReadOptions): Promise<AuditFile> {
  const [file] = await readAll([write('file', content)], options);
  if (!file) throw new Error('nothing was yielded');
  return file;
}

function ids(items: readonly AuditRecord[]): string[] {
  return items.map((item) => item.eventId);
}

const inner = JSON.stringify(one);
const shapes: [string, string, string[]][] = [
  ['Records', `{"Records":[${one},${two}]}`, ['e1', 'e2']],
  ['a bare object', one, ['e1']],
  ['a bare object over many lines', JSON.stringify(event('e1'), null, 2), ['e1']],
  ['an array', `[${one},${two}]`, ['e1', 'e2']],
  ['NDJSON', `${one}\n${two}\n`, ['e1', 'e2']],
  ['NDJSON with CRLF and blank lines', `${one}\r\n\r\n${two}\r\n`, ['e1', 'e2']],
  ['NDJSON of containers', `{"Records":[${one}]}\n[${two}]`, ['e1', 'e2']],
  [
    'LookupEvents as the CLI prints it',
    `{"Events":[{"EventTime":"2025-03-05T21:19:44+00:00","CloudTrailEvent":${inner}}]}`,
    ['e1'],
  ],
  [
    'LookupEvents as on the wire',
    `{"Events":[{"EventTime":1741209584,"CloudTrailEvent":${inner}}],"NextToken":"t"}`,
    ['e1'],
  ],
  ['no records', '{"Records":[]}', []],
  ['an empty file', '', []],
  ['a file of blanks', ' \r\n\n', []],
];

describe('readAuditFiles', () => {
  test.each(shapes)('reads %s, plain, with a byte order mark and packed', async (_, text, want) => {
    const marked = Buffer.from(`\uFEFF${text}`);
    for (const content of [Buffer.from(text), marked, gzipSync(text), gzipSync(marked)]) {
      const file = await readOne(content);
      expect(file.rejected).toEqual([]);
      expect(ids(file.items)).toEqual(want);
      expect(file.records).toBe(want.length);
    }
  });

  test('rejects a bad line only, by its byte offset', async () => {
    const file = await readOne(`\uFEFF${one}\né{"eventID":\n${two}\n`);
    expect(ids(file.items)).toEqual(['e1', 'e2']);
    const offset = 3 + one.length + 1;
    expect(file.rejected).toMatchObject([
      { offset, code: 'not-json', reason: expect.stringContaining(`line at byte ${offset}`) },
    ]);
  });

  test('rejects a bad first line only', async () => {
    const file = await readOne(`{"eventID":"e0","eventN\n${one}\n`);
    expect(ids(file.items)).toEqual(['e1']);
    expect(file.rejected.map((fault) => fault.offset)).toEqual([0]);
  });

  test('names a damaged document by the byte where it stops being JSON', async () => {
    const file = await readOne(`{"Records":[\n${one}\n${two}]}`);
    expect(ids(file.items)).toEqual(['e1', 'e2']);
    const offset = 13 + one.length + 1;
    expect(file.rejected).toMatchObject([
      { offset, code: 'not-json', reason: expect.stringContaining(`byte ${offset} (line 3)`) },
    ]);
  });

  test('takes what stands around one damaged record of a document on one line', async () => {
    const file = await readOne(`{"Records":[${one},{"eventID":"bad\\q"},${two}]}`);
    expect(ids(file.items)).toEqual(['e1', 'e2']);
    expect(file.rejected).toHaveLength(1);
  });

  test('takes what half a file holds, and says that it ends too early', async () => {
    const whole = `{"Records":[${one},${two},${one}]}`;
    const half = whole.slice(0, -20);
    for (const content of [half, gzipSync(half)]) {
      const file = await readOne(content);
      expect(ids(file.items)).toEqual(['e1', 'e2']);
      expect(file.rejected).toMatchObject([
        { code: 'damaged', reason: expect.stringContaining('ends too early') },
      ]);
    }
  });

  test('rejects a bad record by its index and takes in the rest', async () => {
    const file = await readOne(`{"Records":[${one},{"eventSource":"kms.amazonaws.com"},${two}]}`);
    expect(ids(file.items)).toEqual(['e1', 'e2']);
    expect(file.records).toBe(3);
    expect(file.rejected).toMatchObject([
      {
        offset: 1,
        code: 'missing-field',
        reason: expect.stringMatching(/^record at index 1: no eventID/),
      },
    ]);
  });

  test('counts what it leaves out by reason', async () => {
    const other = '{"eventSource":"s3.amazonaws.com"}';
    const file = await readOne(`[${other},${other},${one}]`);
    expect(file).toMatchObject({ records: 3, ignored: { 'not-kms': 2 }, rejected: [] });
  });

  test.each<[string, Buffer, string, string?]>([
    ['a cut gzip', gzipSync(`{"Records":[${one}]}`).subarray(0, 60), 'damaged gzip'],
    ['gzip in name only', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4]), 'damaged gzip'],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]), 'a picture'],
    [
      'bytes of no known kind',
      Buffer.from([1, 2, 3, 0, 0xff, 0xfe]),
      'neither UTF-8 text nor gzip',
    ],
    ['a PDF', Buffer.from('%PDF-1.7\n%\u00e2\u00e3'), 'a PDF document'],
    ['a cut ZIP archive', Buffer.from('PK\x03\x04\x14\0'), 'damaged ZIP'],
    ['a cut Parquet file', Buffer.from('PAR1\0\0\0\0\0'), 'damaged Parquet'],
    [
      'VPC flow logs',
      Buffer.from(
        '2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1 2 ACCEPT OK\n',
      ),
      'VPC flow logs',
    ],
    [
      'web server access logs',
      Buffer.from('10.0.0.1 - - [20/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5\n'),
      'web server access logs',
    ],
    ['telemetry', Buffer.from('{"resourceSpans":[{"resource":{}}]}'), 'OpenTelemetry', 'telemetry'],
    ['a resource’s spans', Buffer.from('{"scopeSpans":[{}]}'), 'OpenTelemetry', 'telemetry'],
    [
      'message counts',
      Buffer.from('hour,messages\n2026-11-20T08Z,4\n'),
      'counts of messages',
      'messages',
    ],
    [
      'message counts without a heading',
      Buffer.from('2026-11-20T08:00:00Z,4\n2026-11-20T09:00:00Z,5\n'),
      'counts of messages',
      'messages',
    ],
    [
      'a table without the events’ names',
      Buffer.from('eventTime,awsRegion,userAgent\n2026-11-20T08:00:00Z,eu-central-1,x\n'),
      'without a column for eventSource, eventName',
      'columns',
    ],
    [
      'a table without the events’ sources',
      Buffer.from('Event name;User name\nDecrypt;a\n'),
      'without a column for eventSource, eventTime',
      'columns',
    ],
    ['a table of something else', Buffer.from('day,visits\nMonday,4\n'), 'no audit record'],
    ['a bare number', Buffer.from('42'), 'no audit record'],
    ['another JSON object', Buffer.from('{"a":[1]}'), 'no audit record'],
  ])('rejects %s by name', async (_, content, reason, code) => {
    const file = await readOne(content);
    expect(file.rejected.at(-1)).toEqual({
      file: file.file,
      offset: 0,
      code: code ?? expect.any(String),
      reason: expect.stringContaining(reason),
    });
    expect(file.ignored).toEqual({});
    expect(file.items).toEqual([]);
  });

  test('takes no more than the limit, packed or not', async () => {
    const text = `${one}\n${' '.repeat(1000)}`;
    const options = { unpackedBytesMax: text.length - 1 };
    for (const content of [text, gzipSync(text)]) {
      const file = await readOne(content, options);
      expect(ids(file.items)).toEqual(['e1']);
      expect(file.rejected[0]?.reason).toContain(`larger than ${options.unpackedBytesMax} bytes`);
      const whole = await readOne(content, { unpackedBytesMax: text.length });
      expect(ids(whole.items)).toEqual(['e1']);
    }
  });

  test('waits for no part of a large gzip file more than once', async () => {
    const warned: Error[] = [];
    const warn = (warning: Error) => warned.push(warning);
    process.on('warning', warn);
    const noise = randomBytes(4 * 1024 * 1024).toString('hex');
    const file = await readOne(gzipSync(`${one}\n${JSON.stringify({ noise })}`));
    await setImmediate();
    process.off('warning', warn);
    expect(ids(file.items)).toEqual(['e1']);
    expect(warned).toEqual([]);
  });

  test('lists a bounded number of faults and says how many more there are', async () => {
    const file = await readOne(`${one}\n${'{"a" 1}\n'.repeat(1500)}`);
    expect(file.rejected).toHaveLength(1001);
    expect(file.rejected.at(-1)?.reason).toContain('500 more faults');
  });

  test('walks folders in one order and leaves out digests, Insights and dot files', async () => {
    write('b/2.json', two);
    write('b/1.json.gz', gzipSync(one));
    write('a/CloudTrail-Digest/d.json', '{');
    write('a/CloudTrail-Insight/i.json', '{');
    write('.hidden', '{');
    const seen: string[] = [];
    const files = await readAll([folder], { onFile: (file) => seen.push(file) });
    const at = (name: string) => join(folder, name);
    expect(files.map(({ file, ignored }) => [file, ignored])).toEqual([
      [at('.hidden'), { 'dot-file': 1 }],
      [at('a/CloudTrail-Digest'), { 'digest-folder': 1 }],
      [at('a/CloudTrail-Insight'), { 'insight-folder': 1 }],
      [at('b/1.json.gz'), {}],
      [at('b/2.json'), {}],
    ]);
    expect(seen).toEqual([at('b/1.json.gz'), at('b/2.json')]);
    expect(files.flatMap((file) => ids(file.items))).toEqual(['e1', 'e2']);
  });

  test('ends where a folder links to itself', async () => {
    write('a/1.json', one);
    symlinkSync(folder, join(folder, 'a', 'loop'));
    const files = await readAll([folder]);
    expect(files.flatMap((file) => file.rejected)).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('link to a folder') }),
    ]);
  });

  test('names a missing path and goes on', async () => {
    const files = await readAll([join(folder, 'none'), write('1.json', one)]);
    expect(files[0]?.rejected[0]?.reason).toBe('does not exist: check the path');
    expect(ids(files[1]?.items ?? [])).toEqual(['e1']);
  });

  test('names a path that cannot be read, and why', async () => {
    const path = join(folder, 'loop.json');
    symlinkSync(path, path);
    const [file] = await readAll([path]);
    expect(file?.file).toBe(path);
    expect(file?.rejected[0]?.reason).toContain('ELOOP');
  });

  test.each<Provider>(['gcp', 'azure'])(
    'leaves other clouds out for %s alone',
    async (provider) => {
      const [file] = await readAll([write('1.json', one)], { provider });
      expect(file).toMatchObject({ records: 1, items: [], ignored: { 'other-provider': 1 } });
    },
  );

  test('refuses a limit beyond the bound', async () => {
    const run = readAll([folder], { unpackedBytesMax: 2 ** 50 });
    await expect(run).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('jsonFault', () => {
  test.each<[string, number, string]>([
    ['{"a": x}', 6, 'unexpected'],
    ['{"a":1', 6, 'ends-early'],
    ['{"a" 1}', 5, 'unexpected'],
    ['{"a"', 4, 'ends-early'],
    ['{"é":1,}', 8, 'unexpected'],
    ['[1 2]', 3, 'unexpected'],
    ['[1}', 2, 'unexpected'],
    ['"a\nb"', 2, 'unexpected'],
    ['"\\x"', 2, 'unexpected'],
    ['"\\u12G4"', 5, 'unexpected'],
    ['"abc', 4, 'ends-early'],
    ['[01]', 2, 'unexpected'],
    ['[1.]', 3, 'unexpected'],
    ['-', 1, 'ends-early'],
    ['[1e+x]', 4, 'unexpected'],
    ['nulx', 3, 'unexpected'],
    ['tru', 3, 'ends-early'],
    ['{} {}', 3, 'second-value'],
  ])('%j stops at byte %i', (text, offset, what) => {
    expect(jsonFault(Buffer.from(text))).toEqual({ offset, what });
  });
});

test('published samples give their records, unreadable ones by name', async (context) => {
  const files = await readAll([needSharedData(context, 'audit-samples/aws')]);
  const all = files.flatMap((file) => file.items);
  const items = all.filter(({ action }) => !isAside(action));
  // Three of the trail itself, eleven of who may do what.
  expect(all.length - items.length).toBe(14);
  expect(files.reduce((sum, file) => sum + file.records, 0)).toBe(892);
  expect(items).toHaveLength(156);
  expect(new Set(ids(items)).size).toBe(149);
  const ignored = files.reduce((sum, file) => sum + (file.ignored['not-kms'] ?? 0), 0);
  expect(ignored).toBe(892 - 156 - 14);
  const rejected = files.flatMap((file) => file.rejected);
  expect(new Set(rejected.map(({ file }) => file)).size).toBe(7);
  for (const fault of rejected) expect(fault.file).toMatch(/\.invalid\.json\.txt$/);
});
