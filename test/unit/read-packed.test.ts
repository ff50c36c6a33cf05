/** Files as mail, shells, archives and query tools leave them: whatever wraps them, the records are found. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEventTime } from '../../lib/sources/cloudtrail/event-time.ts';
import { type AuditFile, readAuditFiles } from '../../lib/sources/files/read-records.ts';
import { azureRow, gcpEntry } from '../support/cloud-records.ts';
import { zipOf } from '../support/zip.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keytide-packed-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const event = (id: string) => ({
  eventSource: 'kms.amazonaws.com',
  eventID: id,
  eventName: 'Decrypt',
  eventTime: '2026-11-20T08:00:00Z',
  requestParameters: { encryptionContext: { tenant: 'Zoë' } },
});
const records = ['e1', 'e2', 'e3'].map(event);
const lines = records.map((one) => JSON.stringify(one)).join('\n');
const file = JSON.stringify({ Records: records });

async function read(content: string | Buffer): Promise<AuditFile[]> {
  const path = join(folder, 'log');
  writeFileSync(path, content);
  const parts: AuditFile[] = [];
  for await (const part of readAuditFiles([path])) parts.push(part);
  return parts;
}
const idsOf = (parts: readonly AuditFile[]) =>
  parts.flatMap(({ items }) => items.map(({ eventId }) => eventId));
const reasonsOf = (parts: readonly AuditFile[]) =>
  parts.flatMap(({ rejected }) => rejected.map(({ reason }) => reason));

const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();
const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64');
const csvCell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const cells = (names: readonly string[]) => ({
  Data: names.map((name) => ({ VarCharValue: name })),
});
const columns = ['eventid', 'eventtime', 'eventsource', 'eventname'];
const resultSet = (head: object[]) => ({
  ResultSet: {
    Rows: [
      ...head,
      ...records.map((one) => cells([one.eventID, one.eventTime, one.eventSource, one.eventName])),
    ],
    ResultSetMetadata: { ColumnInfo: columns.map((Name) => ({ Name })) },
  },
});

const rest = lines.split('\n').slice(1).join('\n');

/** A tar archive of such files, with a folder before and what tells of a name between. */
function tarOf(contents: readonly (string | Buffer)[]): Buffer {
  const member = (name: string, type: string, content: Buffer) => {
    const head = Buffer.alloc(512);
    head.write(name);
    head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    head.write(type, 156);
    head.write('ustar', 257);
    const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
    content.copy(padded);
    return Buffer.concat([head, padded]);
  };
  return Buffer.concat([
    member('AWSLogs/', '5', Buffer.alloc(0)),
    ...contents.flatMap((content, no) => [
      member('PaxHeader', 'x', Buffer.from('30 path=AWSLogs/some-other-name\n')),
      member(`AWSLogs/${no}.json`, '0', Buffer.from(content)),
    ]),
    Buffer.alloc(1024),
  ]);
}

const wrapped: [what: string, content: string | Buffer][] = [
  ['UTF-16 with its mark', Buffer.from(`\ufeff${lines}`, 'utf16le')],
  ['UTF-16, big end first', bigEndian(`\ufeff${lines}`)],
  ['UTF-16 without a mark', Buffer.from(lines, 'utf16le')],
  ['UTF-16 within gzip', gzipSync(Buffer.from(`\ufeff${file}`, 'utf16le'))],
  ['base64 of base64 of gzip', base64(base64(gzipSync(base64(gzipSync(lines)))))],
  [
    'base64 in lines, in JSON',
    JSON.stringify({ body: base64(gzipSync(lines)).replace(/.{76}/g, '$&\n') }),
  ],
  ['a file of base64 in lines', base64(gzipSync(file)).replace(/.{76}/g, '$&\n')],
  ['a file of base64 in lines, of JSON', base64(file).replace(/.{64}/g, '$&\r\n')],
  ['lines of base64 that are each one by itself', lines.split('\n').map(base64).join('\n')],
  ['a tar archive of gzip and JSON', tarOf([gzipSync(lines.split('\n')[0] ?? ''), rest])],
  ['a packed tar archive', gzipSync(tarOf([file]))],
  ['an archive', zipOf([{ name: 'AWSLogs/a.json', content: file }])],
  [
    'an archive of gzip, unpacked',
    zipOf([{ name: 'a.gz', content: gzipSync(file), packed: false }]),
  ],
  [
    'an archive of several, with a folder',
    zipOf([
      { name: 'x/', content: '', packed: false },
      ...records.map((one, no) => ({ name: `x/${no}.json`, content: JSON.stringify(one) })),
    ]),
  ],
  [
    'a query of Logs Insights as CSV',
    `@timestamp,@message\n${records.map((one) => `2026,${csvCell(JSON.stringify(one))}`).join('\n')}`,
  ],
  [
    'a search of Splunk as CSV',
    `_time,_raw,host\n${records.map((one) => `2026,${csvCell(JSON.stringify(one))},h`).join('\n')}`,
  ],
  [
    'a query of Logs Insights by field',
    JSON.stringify({
      results: records.map((one) => [
        ...(['eventID', 'eventName', 'eventSource', 'eventTime'] as const).map((field) => ({
          field,
          value: one[field],
        })),
        { field: '@ptr', value: 'x' },
      ]),
    }),
  ],
  ['athena get-query-results', JSON.stringify(resultSet([cells(columns)]))],
  ['its second page, without a head', JSON.stringify(resultSet([]))],
];

describe('records are found in', () => {
  test.each(wrapped)('%s', async (_, content) => {
    const parts = await read(content);
    expect(idsOf(parts)).toEqual(['e1', 'e2', 'e3']);
    expect(reasonsOf(parts)).toEqual([]);
  });

  test('text that is no ASCII, whatever its encoding', async () => {
    const [part] = await read(Buffer.from(`\ufeff${lines}`, 'utf16le'));
    expect(part?.items[0]?.context).toEqual([['tenant', 'Zoë']]);
  });
});

describe('archives', () => {
  test('name each of their files', async () => {
    const parts = await read(
      zipOf([
        { name: 'a.json', content: lines },
        { name: 'b.pdf', content: '%PDF-1.7' },
      ]),
    );
    expect(parts.map((part) => part.file.slice(folder.length))).toEqual([
      '/log/a.json',
      '/log/b.pdf',
    ]);
    expect(reasonsOf(parts)).toEqual([expect.stringContaining('a PDF document')]);
  });

  test.each([
    ['damaged ZIP', (whole: Buffer) => whole.subarray(0, whole.length - 30)],
    [
      'damaged ZIP',
      (whole: Buffer) => Buffer.concat([Buffer.from('PK\x03\x04'), whole.subarray(8)]),
    ],
    ['damaged ZIP', () => Buffer.from('PK\x03\x04')],
  ])('that are cut or overwritten are %s, and nothing throws', async (reason, cut) => {
    const parts = await read(cut(zipOf([{ name: 'a.json', content: lines }])));
    expect(idsOf(parts).length === 3 || reasonsOf(parts).join().includes(reason)).toBe(true);
  });

  test('that are locked, Office files or nested are named as such', async () => {
    const locked = zipOf([{ name: 'a.json', content: lines, flags: 1 }]);
    expect(reasonsOf(await read(locked))).toEqual([expect.stringContaining('locked')]);
    const office = zipOf([{ name: '[Content_Types].xml', content: '<Types/>' }]);
    expect(reasonsOf(await read(office))).toEqual([expect.stringContaining('Office')]);
    const nested = zipOf([{ name: 'b.zip', content: zipOf([{ name: 'a.json', content: lines }]) }]);
    expect(reasonsOf(await read(nested))).toEqual([expect.stringContaining('in another one')]);
  });
});

test('of a tar archive that ends too early, all that is whole is taken', async () => {
  const whole = tarOf([lines, Buffer.concat([Buffer.from('{"x":"'), Buffer.alloc(4_000, 'y')])]);
  for (const cut of [2_000, 3_000]) {
    const parts = await read(whole.subarray(0, whole.length - cut));
    expect(idsOf(parts)).toEqual(['e1', 'e2', 'e3']);
    expect(reasonsOf(parts).join()).toContain('damaged tar archive');
  }
});

test('of a tar archive, a member that is no log does not keep the others out', async () => {
  const parts = await read(tarOf(['%PDF-1.7'.padEnd(9_000, 'x'), lines]));
  expect(idsOf(parts)).toEqual(['e1', 'e2', 'e3']);
  expect(reasonsOf(parts)).toEqual([expect.stringContaining('a PDF document')]);
});

test('of logs of three clouds in one folder each gives its records', async () => {
  writeFileSync(join(folder, 'a.json'), file);
  writeFileSync(join(folder, 'b.jsonl'), JSON.stringify(gcpEntry()));
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ records: [azureRow()] }));
  const parts: AuditFile[] = [];
  for await (const part of readAuditFiles([folder])) parts.push(part);
  expect(parts.map(({ items }) => items.length)).toEqual([3, 1, 1]);
  expect(
    new Set(parts.flatMap(({ items }) => items.map(({ key }) => key?.split(':')[0]))).size,
  ).toBe(3);
  expect(reasonsOf(parts)).toEqual([]);
});

test('of a gzip file that ends too early, however small, all that is whole is taken', async () => {
  const packed = gzipSync(`${lines}\n${'{"filler":"'.concat('x'.repeat(50), '"}\n').repeat(40)}`);
  const parts = await read(packed.subarray(0, packed.length - 12));
  expect(idsOf(parts)).toEqual(['e1', 'e2', 'e3']);
  expect(reasonsOf(parts).join()).toContain('damaged gzip');
});

test.each([
  ['2026-11-20T24:00:00Z', Date.UTC(2026, 10, 21)],
  ['2026-11-20 08:00:00 +0100 UTC', Date.UTC(2026, 10, 20, 7)],
  ['1.7951616E9', 1_795_161_600_000],
  ['1.7951616e+12', 1_795_161_600_000],
  [1_795_161_600_000_000, 1_795_161_600_000],
  ['1795161600123456', 1_795_161_600_123],
  ['1795161600123456789', 1_795_161_600_123],
])('the time %s is read', (text, at) => {
  expect(parseEventTime(text)).toBe(at);
});

test.each(['2026-11-20T24:00:01Z', '2026-11-20T25:00:00Z', '1E99', '2026-11-20T24:00:00.5Z'])(
  'the time %s is none, or lies where no log does',
  (text) => {
    const at = parseEventTime(text);
    expect(at === null || at > Date.UTC(2100, 0, 1)).toBe(true);
  },
);

test.each([
  [
    '2015-05-13T23:39:43.945958Z lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001 0.0 200',
    'load balancer',
  ],
  ['account_id,interface_id,srcaddr,dstaddr\n1,eni-1,1.1.1.1,2.2.2.2', 'VPC flow logs'],
  ['{"timestamp":1795161600000,"webaclId":"arn:x","action":"ALLOW","httpRequest":{}}', 'AWS WAF'],
  ['{"schemaVersion":"2.0","id":"f","service":{"serviceName":"guardduty"}}', 'GuardDuty'],
  ['{"Findings":[{"SchemaVersion":"2018-10-08","ProductArn":"arn:x"}]}', 'Security Hub'],
  ['{"fileVersion":"1.0","configurationItems":[{"resourceId":"i-1"}]}', 'AWS Config'],
  ['{"kind":"Event","apiVersion":"audit.k8s.io/v1","verb":"get"}', 'Kubernetes audit'],
  ['[["2026-11-20T08:00:00+00:00","Decrypt","i-1"]]', 'Events[].CloudTrailEvent'],
  ['[{"Name":"GenerateDataKey","Time":"2026-11-20T08:00:00Z"}]', 'Events[].CloudTrailEvent'],
  ['2026-11-20T08:00:00Z\tDecrypt\ti-1', 'Events[].CloudTrailEvent'],
  ['+------+\n|  LookupEvents  |\n+------+', '--output json'],
  ['{"version":"1.1","query_name":"example.org.","query_type":"A"}', 'DNS query'],
  [
    '1.0 2026-11-20T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 10.0.0.1 -',
    'DNS query',
  ],
  [
    'f00 logs [20/Nov/2026:08:00:38 +0000] 192.0.2.3 - 3E57 REST.GET.OBJECT k "GET /k HTTP/1.1" 200',
    'S3 server access logs',
  ],
  ['{"sourceBucket":"b","version":"2016-11-30","fileSchema":"Bucket, Key"}', 'an S3 inventory'],
  ['"lake-raw","a/b.parquet","1024","2026-11-20T08:00:00.000Z","STANDARD"', 'an S3 inventory'],
  ['[Fri Nov 20 08:00:00.123456 2026] [core:error] [pid 7] AH00126: x', 'web server error logs'],
  [
    '{"time":"2026-11-20T08:00:00Z","type":"request","auth":{"client_token":"hmac-sha256:1"},"request":{"operation":"update","path":"transit/decrypt/k","mount_type":"transit"}}',
    'Vault audit logs',
  ],
  ['tls 2.0 2026-11-20T08:59:40 net/lb/c6e77e28c25b2234 g3d4 72.21.218.154:51341', 'load balancer'],
  ['2026-11-20\t08:02:31\tLAX1\t392\t192.0.2.100\tGET\td1.cloudfront.net\t/', 'CloudFront'],
  ['2026/11/20 08:00:00 [error] 31#31: *1 connect() failed', 'web server error logs'],
  [
    'a.example:443 10.0.0.1 - - [20/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5',
    'web server access',
  ],
  ['REPORT RequestId: 8f5\tDuration: 3.1 ms', 'a Lambda function'],
  ['identity/LineItemId,lineItem/UsageType\na,b', 'cost and usage'],
  [
    'user,arn,user_creation_time,password_enabled\n<root_account>,arn:x,2020,no',
    'credential report',
  ],
])('%s is no audit log, and named as what it is', async (content, name) => {
  expect(reasonsOf(await read(`${content}\n`))).toEqual([expect.stringContaining(name)]);
});
