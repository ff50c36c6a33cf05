/**
 * Every way a log is read, with what is served under the test's control: the records as texts, whole or not, and what
 * goes wrong with each request. What is served has nothing of the sandbox, which never writes such things.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { readWireBody, startLoopbackHttp } from '../../lib/sandbox/any-cloud/loopback-http.ts';
import { azureBlobReader } from '../../lib/sources/azure-monitor/blob-reader.ts';
import { loopbackWorkspace } from '../../lib/sources/azure-monitor/loopback.ts';
import { azureMonitorReader } from '../../lib/sources/azure-monitor/query-reader.ts';
import { lakeReader } from '../../lib/sources/cloudtrail/lake-reader.ts';
import { lookupReader } from '../../lib/sources/cloudtrail/lookup-reader.ts';
import { s3Reader } from '../../lib/sources/cloudtrail/s3-reader.ts';
import { folderReader } from '../../lib/sources/files/folder-reader.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import { logAnalyticsRow, queryAnswer } from './cloud-records.ts';
import { overGrpc } from './grpc-wire.ts';
import {
  type LogWire,
  nextOf,
  pagesMax,
  patience,
  patient,
  type Served,
  type Wire,
} from './log-wire.ts';
import { blobRow, cloudLogging, cloudTrail, workspaceRow } from './wire-records.ts';

export const span = { fromMs: Date.UTC(2026, 10, 23, 11), toMs: Date.UTC(2026, 10, 23, 13) };
const account = '200000000001';
const region = 'eu-central-1';

const halfOf = (text: string) => text.slice(0, Math.floor(text.length / 2));

const byStatus = {
  unauthorized: { status: 401 },
  forbidden: { status: 403 },
  'not-found': { status: 404 },
};
const jsonFault = (__type: string) => ({ status: 400, body: JSON.stringify({ __type }) });
const xmlFault = (status: number, code: string) => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
});

export const logWires: readonly LogWire[] = [
  {
    name: 'folder',
    provider: 'aws',
    isFile: true,
    isApi: false,
    refusals: null,
    record: cloudTrail,
    half: () => halfOf(cloudTrail(0)),
    open: async ({ texts, pages = 1, cutBytes = 0 }) => {
      const folder = await mkdtemp(path.join(tmpdir(), 'keytide-wire-'));
      const bytes = packed(`${texts.join('\n')}\n`, cutBytes);
      for (let page = 0; page < pages; page += 1)
        await writeFile(path.join(folder, `${page}.json.gz`), bytes);
      return {
        reader: folderReader(folder),
        close: () => rm(folder, { recursive: true }),
      };
    },
  },
  {
    name: 's3',
    provider: 'aws',
    isDocument: true,
    isFile: true,
    isApi: true,
    refusals: {
      unauthorized: xmlFault(400, 'ExpiredToken'),
      forbidden: xmlFault(403, 'AccessDenied'),
      'not-found': xmlFault(404, 'NoSuchBucket'),
    },
    record: cloudTrail,
    half: () => halfOf(cloudTrail(0)),
    open: (served) => {
      const bytes = packed(`{"Records":[${served.texts.join(',')}]}`, served.cutBytes ?? 0);
      return overHttp(
        served,
        async ({ url = '' }) => {
          const { searchParams, pathname } = new URL(url, 'http://127.0.0.1');
          const prefix = searchParams.get('prefix');
          if (prefix === null) return { body: bytes, type: 'application/x-gzip' };
          const isDay = prefix.endsWith('2026/11/23/');
          const keys = pageNumbers(served).map(
            (page) =>
              `<Contents><Key>${prefix}${page}.json.gz</Key><LastModified>2026-11-23T12:30:00.000Z</LastModified><Size>${bytes.length}</Size></Contents>`,
          );
          const listed = isDay ? keys.join('') : '';
          const body = `<?xml version="1.0"?><ListBucketResult><Name>${pathname.slice(1)}</Name><Prefix>${prefix}</Prefix><KeyCount>${isDay ? keys.length : 0}</KeyCount><IsTruncated>false</IsTruncated>${listed}</ListBucketResult>`;
          return { body: Buffer.from(body), type: 'application/xml' };
        },
        (endpoint) =>
          s3Reader({
            ...{ ...patient, ...patience(served), region, endpoint, credentials: awsKeys, account },
            ...{ bucket: 'acme', prefix: '', filesMax: pagesMax },
          }),
      );
    },
  },
  {
    name: 'LookupEvents',
    provider: 'aws',
    isFile: false,
    isApi: true,
    refusals: {
      unauthorized: jsonFault('ExpiredTokenException'),
      forbidden: jsonFault('AccessDeniedException'),
    },
    record: cloudTrail,
    half: () => halfOf(cloudTrail(0)),
    open: (served) =>
      overHttp(
        served,
        async (request) => {
          const { NextToken = '0' } = JSON.parse(await readWireBody(request));
          const Events = served.texts.map((text, index) => ({
            EventId: `event-${index}`,
            EventName: 'Decrypt',
            EventSource: 'kms.amazonaws.com',
            CloudTrailEvent: text,
          }));
          return awsJson({ Events, ...nextOf(served, Number(NextToken)) });
        },
        (endpoint) =>
          lookupReader({
            ...{ ...patient, ...patience(served), region, endpoint, credentials: awsKeys },
            ...{ pagesMax, pageIntervalMs: 0 },
          }),
      ),
  },
  {
    name: 'Lake',
    provider: 'aws',
    isFile: false,
    isApi: true,
    refusals: {
      unauthorized: jsonFault('ExpiredTokenException'),
      forbidden: jsonFault('AccessDeniedException'),
      'not-found': jsonFault('EventDataStoreNotFoundException'),
    },
    record: cloudTrail,
    half: () => halfOf(cloudTrail(0)),
    open: (served) =>
      overHttp(
        served,
        async (request) => {
          const { NextToken = '0' } = JSON.parse(await readWireBody(request));
          const [, operation] = String(request.headers['x-amz-target']).split('.');
          if (operation === 'StartQuery') return awsJson({ QueryId: 'one' });
          if (operation === 'DescribeQuery') return awsJson({ QueryStatus: 'FINISHED' });
          const QueryResultRows = served.texts.map((text) => [{ eventJson: text }]);
          const next = nextOf(served, Number(NextToken));
          return awsJson({ QueryStatus: 'FINISHED', QueryResultRows, ...next });
        },
        (endpoint) =>
          lakeReader({
            ...{ ...patient, ...patience(served), region, endpoint, credentials: awsKeys },
            ...{ pagesMax, store: 'store' },
          }),
      ),
  },
  {
    name: 'Cloud Logging',
    provider: 'gcp',
    isFile: false,
    isApi: true,
    refusals: byStatus,
    record: cloudLogging,
    half: () => 'half',
    open: overGrpc,
  },
  {
    name: 'Azure Monitor',
    provider: 'azure',
    isFile: false,
    isApi: true,
    refusals: byStatus,
    record: workspaceRow,
    half: () =>
      JSON.stringify({ ...logAnalyticsRow(), TimeGenerated: '2026-11-', Identity: '{"claim":{"' }),
    open: (served) =>
      overHttp(
        served,
        async (request) => {
          const { query } = JSON.parse(await readWireBody(request));
          const [fromMs = 0, toMs = 0] = Array.from(
            String(query).matchAll(/ingestion_time\(\) >?<?=? datetime\(([^)]+)\)/g),
            ([, at = '']) => Date.parse(at),
          );
          const rows = served.texts.map((text) => JSON.parse(text));
          // A longer span than of one page has a row too many: its halves are asked for.
          const isPage = (toMs - fromMs) * (served.pages ?? 1) <= span.toMs - span.fromMs;
          const exact = [...rows, ...(isPage ? [] : rows.slice(0, 1))].map((row) => ({
            ...row,
            ExactTime: row.TimeGenerated,
          }));
          const body = Buffer.from(JSON.stringify(queryAnswer(exact)));
          return { body, type: 'application/json' };
        },
        (url) =>
          azureMonitorReader({
            ...{ ...patient, ...patience(served), ...loopbackWorkspace(url, 'token') },
            ...{ workspaceId: 'workspace', pagesMax: 2 * pagesMax, rowsMax: served.texts.length },
          }),
      ),
  },
  {
    name: 'blobs',
    provider: 'azure',
    isFile: true,
    isApi: true,
    refusals: byStatus,
    record: blobRow,
    half: () => halfOf(blobRow(0)),
    open: (served) => {
      const whole = Buffer.from(`${served.texts.join('\n')}\n`);
      const bytes = whole.subarray(0, whole.length - (served.cutBytes ?? 0));
      return overHttp(
        served,
        async ({ url = '', headers }) => {
          const { searchParams } = new URL(url, 'http://127.0.0.1');
          if (searchParams.get('comp') === 'list') {
            const blobs = pageNumbers(served).map(
              (page) =>
                `<Blob><Name>${page}.json</Name><Properties><Last-Modified>Mon, 23 Nov 2026 11:30:00 GMT</Last-Modified><Etag>"1"</Etag><Content-Length>${bytes.length}</Content-Length><BlobType>AppendBlob</BlobType></Properties></Blob>`,
            );
            const body = `<?xml version="1.0"?><EnumerationResults ContainerName="logs"><Blobs>${blobs.join('')}</Blobs><NextMarker></NextMarker></EnumerationResults>`;
            return { body: Buffer.from(body), type: 'application/xml' };
          }
          const range = String(headers['x-ms-range'] ?? headers.range);
          const [, from = '0', to] = /bytes=(\d+)-(\d*)/.exec(range) ?? [];
          const end = to ? Number(to) + 1 : bytes.length;
          const body = bytes.subarray(Number(from), end);
          return {
            ...{ body, type: 'application/octet-stream', status: 206 },
            headers: {
              'content-range': `bytes ${from}-${end - 1}/${bytes.length}`,
              etag: '"1"',
              'last-modified': 'Mon, 23 Nov 2026 11:30:00 GMT',
            },
          };
        },
        (url) =>
          azureBlobReader({
            ...{ ...patient, ...patience(served), blobsMax: pagesMax },
            containerUrl: `${url}/acme/logs`,
            credential: new StorageSharedKeyCredential('acme', 'a2V5'),
          }),
      );
    },
  },
];

const awsKeys = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };

const pageNumbers = ({ pages = 1 }: Served) => Array.from({ length: pages }, (_, page) => page);

const packed = (text: string, cutBytes: number) => {
  const bytes = gzipSync(text);
  return bytes.subarray(0, bytes.length - cutBytes);
};

interface Answered {
  body: Buffer;
  type: string;
  status?: number;
  headers?: Record<string, string>;
}

const awsJson = (body: object): Answered => ({
  body: Buffer.from(JSON.stringify(body)),
  type: 'application/x-amz-json-1.1',
});

async function overHttp(
  served: Served,
  answer: (request: IncomingMessage) => Promise<Answered>,
  readerAt: (url: string) => LogReader,
): Promise<Wire> {
  const { troubles = [] } = served;
  const { port, close } = await startLoopbackHttp(async (request, response) => {
    const trouble = troubles.shift();
    if (trouble === 'never') return;
    if (trouble === 'slow') await wait(300);
    if (trouble === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (typeof trouble === 'object' && trouble !== null) {
      response.writeHead(trouble.status).end(trouble.body);
      return;
    }
    if (trouble === 'garbage') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>Sign in</p></html>');
      return;
    }
    if (trouble === 'json') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"message":"not now"}');
      return;
    }
    send(response, await answer(request), trouble === 'half');
  });
  const reader = readerAt(`http://127.0.0.1:${port}`);
  return {
    reader,
    close: async () => {
      reader.close();
      await close();
    },
  };
}

function send(response: ServerResponse, answered: Answered, isHalf: boolean): void {
  const { body, type, status = 200, headers } = answered;
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, ...headers });
  if (!isHalf) response.end(body);
  else response.write(body.subarray(0, body.length / 2), () => response.destroy());
}
