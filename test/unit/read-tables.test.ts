import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditFile, readAuditFiles } from '../../lib/sources/files/read-records.ts';

const keyArn = 'arn:aws:kms:eu-west-1:222222222222:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keytide-tables-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function readOne(content: string | Buffer): Promise<AuditFile> {
  const path = join(folder, 'table');
  writeFileSync(path, content);
  const parts: AuditFile[] = [];
  for await (const part of readAuditFiles([path])) parts.push(part);
  const [first] = parts;
  if (first === undefined) throw new Error('nothing was yielded');
  const all = parts.flatMap(({ items }) => items);
  return { ...first, items: all, records: parts.reduce((sum, { records }) => sum + records, 0) };
}

/** As `{name=value}`. */
function printed(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([name, member]) => `${name}=${printed(member)}`);
  return `{${members.join(', ')}}`;
}

describe('rows in JSON', () => {
  const cells = { eventID: 'e1', eventTime: '2026-11-20T08:00:00Z', eventName: 'Decrypt' };
  const row = { ...cells, eventSource: 'kms.amazonaws.com', sourceIPAddress: '10.1.2.3' };
  const lacks = ['userIdentity', 'requestParameters', 'resources', 'userAgent', 'requestID'];
  const inTable = [...lacks, 'errorCode', 'recipientAccountId'];
  const names = Object.keys(row);
  const told = (values: string[]) => ({ Data: values.map((one) => ({ VarCharValue: one })) });

  test.each<[string, string, unknown, string[]]>([
    [
      'CloudTrail Lake',
      'CloudTrail Lake rows',
      { QueryResultRows: [Object.entries(row).map(([name, value]) => ({ [name]: value }))] },
      inTable,
    ],
    [
      'Athena',
      'Athena query results',
      { ResultSet: { Rows: [told(names), told(Object.values(row))] } },
      inTable,
    ],
    [
      'Logs Insights',
      'Logs Insights results',
      { results: [Object.entries(row).map(([field, value]) => ({ field, value }))] },
      inTable,
    ],
    // What is no table leaves out what is null: an error is, where there was none.
    [
      'a query under names in lower case',
      'rows with column names',
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value])),
      [...lacks, 'recipientAccountId'],
    ],
  ])('of %s name what they lack', async (_, shape, content, missing) => {
    const { items, shapes } = await readOne(JSON.stringify(content));
    expect(items).toHaveLength(1);
    expect(shapes).toEqual([{ shape, records: 1, missing }]);
  });

  test('lack nothing that any of them has', async () => {
    const rows = [
      { eventid: 'e1', eventtime: cells.eventTime, eventname: 'Decrypt', eventsource: 'kms' },
      {
        eventid: 'e2',
        eventtime: cells.eventTime,
        eventname: 'Decrypt',
        eventsource: 'kms',
        requestid: 'r',
      },
    ].map((one) => ({ ...one, eventsource: 'kms.amazonaws.com' }));
    const { shapes } = await readOne(JSON.stringify(rows));
    expect(shapes).toMatchObject([{ records: 2 }]);
    expect(shapes[0]?.missing).not.toContain('requestID');
    expect(shapes[0]?.missing).toContain('userIdentity');
  });
});

describe('a table', () => {
  test('of the console’s event history gives what its columns hold, and names what they lack', async () => {
    const head =
      'Event name,Event time,User name,Event source,Resource type,Resource name,AWS access key,AWS region,Error code,Read-only,Source IP address,Request ID,Event ID';
    const row = (id: string, error: string) =>
      `Decrypt,"November 20, 2026, 08:00:00 (UTC+01:00)",i-0a1b,kms.amazonaws.com,AWS::KMS::Key,${keyArn},ASIA,eu-west-1,${error},true,10.1.2.3,r-${id},${id}`;
    const file = await readOne(
      `\uFEFF${head}\r\n${row('e1', '')}\r\n${row('e2', 'AccessDenied')}\r\n`,
    );
    expect(file.items).toMatchObject([
      {
        ...{ eventId: 'e1', key: keyArn, principal: 'i-0a1b', errorCode: null },
        ...{ sourceIp: '10.1.2.3', context: [] },
      },
      { eventId: 'e2', at: Date.UTC(2026, 10, 20, 7), errorCode: 'AccessDenied' },
    ]);
    expect(file.shapes).toEqual([
      {
        shape: 'CSV rows',
        records: 2,
        missing: ['userIdentity', 'requestParameters', 'userAgent', 'recipientAccountId'],
      },
    ]);
  });

  test('has no context where its column for the request is empty', async () => {
    const file = await readOne(
      'eventSource,eventName,eventID,eventTime,requestParameters\nkms.amazonaws.com,Decrypt,e1,2026-11-20T08:00:00Z,\n',
    );
    expect(file.items).toMatchObject([{ context: null }]);
  });

  test('has quotes, line breaks and separators inside its cells', async () => {
    const record = {
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      eventID: 'e1',
      eventTime: '2026-11-20T08Z',
      note: 'a,"b"\nc',
    };
    const cell = `"${JSON.stringify(record, null, 1).replaceAll('"', '""')}"`;
    for (const separator of [',', ';', '\t']) {
      const file = await readOne(`id${separator}cloud_trail_event\n1${separator}${cell}\n`);
      expect(file.items).toMatchObject([{ eventId: 'e1', raw: expect.stringContaining('\\nc') }]);
      expect(file.shapes).toMatchObject([{ missing: [] }]);
    }
  });

  test.each([
    ['JSON', (cell: object) => JSON.stringify(cell)],
    ['structures as Athena prints them', printed],
  ])('of OCSF activities whose cells are %s is read', async (_, cellOf) => {
    const cells = [
      cellOf({ uid: 'e1', event_code: 'AwsApiCall' }),
      cellOf({ operation: 'Decrypt', service: { name: 'kms.amazonaws.com' } }),
      cellOf({ user: { uid: 'arn:aws:iam::1:role/app' } }),
    ].map((cell) => `"${cell.replaceAll('"', '""')}"`);
    const file = await readOne(`metadata,api,actor,class_uid,time\n${cells},6003,1795161600000\n`);
    expect(file.items).toMatchObject([{ eventId: 'e1', action: 'decrypt' }]);
    expect(file.shapes).toMatchObject([{ shape: 'OCSF activities in CSV rows', missing: [] }]);
  });

  test('with a row that is cut or wrong loses only that row', async () => {
    const head = 'eventname,eventsource,eventid,eventtime';
    const good = 'Decrypt,kms.amazonaws.com,e1,2026-11-20T08:00:00Z';
    const file = await readOne(
      `${head}\n${good}\nDecrypt,kms.amazonaws.com,e2,noon\nDecrypt,kms.amazonaws.com,e3`,
    );
    expect(file.items.map(({ eventId }) => eventId)).toEqual(['e1']);
    expect(file.rejected.map(({ code }) => code)).toEqual(['time', 'missing-field']);
  });
});

test.each([
  ['{algorithm=S, encryptionContext={"tenant":"a, b=}\\"{"}, keyId=k}', [['tenant', 'a, b=}"{']]],
  ['{encryptionContext={"tenant":"t', []],
  ['{encryptionContext={"tenant"}}', []],
])(
  'of parameters of parameters as CloudTrail Lake has them, %s, gives %j',
  async (cell, context) => {
    const row = { eventSource: 'kms.amazonaws.com', eventName: 'Decrypt', eventID: 'e1' };
    const file = await readOne(
      JSON.stringify({ ...row, eventTime: '2026-11-20 08:00:00.000', requestParameters: cell }),
    );
    expect(file.items).toMatchObject([{ context }]);
  },
);

describe('a Parquet file', () => {
  const columns = (n: number) => [
    { name: 'eventsource', data: Array.from({ length: n }, () => 'kms.amazonaws.com') },
    { name: 'eventname', data: Array.from({ length: n }, () => 'Decrypt') },
    { name: 'eventid', data: Array.from({ length: n }, (_, no) => `e${no}`) },
    {
      name: 'eventtime',
      data: Array.from({ length: n }, () => new Date(Date.UTC(2026, 10, 20, 8))),
    },
    {
      name: 'requestparameters',
      data: Array.from({ length: n }, () => '{"encryptionContext":{"keytide:dek":"d1"}}'),
    },
    {
      name: 'useridentity',
      data: Array.from({ length: n }, () => ({ type: 'AssumedRole', principalid: 'AROAX:web-1' })),
      type: 'JSON' as const,
    },
  ];

  test('packed in a way that is not read says so, and in which it is', async () => {
    const buffer = parquetWriteBuffer({
      columnData: columns(3),
      codec: 'BROTLI',
      compressors: { BROTLI: (bytes) => new Uint8Array(brotliCompressSync(bytes)) },
    });
    expect((await readOne(Buffer.from(buffer))).rejected).toMatchObject([
      { code: 'other-file', reason: expect.stringMatching(/BROTLI, .* Snappy, gzip or ZSTD$/) },
    ]);
  });

  test.each(['UNCOMPRESSED', 'SNAPPY', 'ZSTD'] as const)(
    'of %s pages gives its rows, in parts',
    async (codec) => {
      const buffer = parquetWriteBuffer({
        columnData: columns(4_500),
        codec,
        compressors: { ZSTD: (bytes) => new Uint8Array(zstdCompressSync(bytes)) },
      });
      const file = await readOne(Buffer.from(buffer));
      expect(file.rejected).toEqual([]);
      expect(file.records).toBe(4_500);
      expect(new Set(file.items.map(({ eventId }) => eventId)).size).toBe(4_500);
      expect(file.items[0]).toMatchObject({
        principal: 'AROAX',
        session: 'web-1',
        dekId: 'd1',
        at: Date.UTC(2026, 10, 20, 8),
      });
      expect(file.shapes[0]).toMatchObject({
        shape: 'Parquet rows',
        missing: expect.arrayContaining(['userAgent']),
      });
    },
  );
});
