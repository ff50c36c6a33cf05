/**
 * The storage account that vault logs are exported to: lists of blobs in pages, and blobs whole or by range. A request
 * is signed with the account's key, or carries a reader's token; the account is the first part of its path.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { escapedXml, listedPage } from '../any-cloud/listed-page.ts';
import type { Blob } from './audit-log.ts';
import { AzureFault } from './azure-fault.ts';
import type { AzureAnswer, AzureWireRequest } from './http-wire.ts';
import {
  type AzureLogsOptions,
  type LogRequest,
  mayRead,
  type StorageOptions,
} from './log-options.ts';

const container = 'insights-logs-auditevent';
const pageMaxDefault = 5_000;

export function blobRequestOf(logs: AzureLogsOptions, request: AzureWireRequest): LogRequest {
  const { account } = logs.storage;
  const { pathname, searchParams } = new URL(request.info.requestUri);
  const [, owner, named, ...rest] = pathname.split('/');
  const blob = decodeURIComponent(rest.join('/'));
  const isList = searchParams.get('comp') === 'list' && blob === '';
  return {
    operation: isList ? 'ListBlobs' : 'GetBlob',
    failed: errorAnswer,
    answer: (caller) => {
      if (owner !== account)
        throw new AzureFault(404, {
          code: 'ResourceNotFound',
          message: 'The specified resource does not exist.',
        });
      if (!isSigned(logs.storage, request) && !mayRead(logs, caller)) throw notAuthorized(request);
      if (named !== container || !logs.log.isSetUp)
        throw new AzureFault(404, {
          code: 'ContainerNotFound',
          message: 'The specified container does not exist.',
        });
      if (!['GET', 'HEAD'].includes(request.method))
        throw new AzureFault(405, {
          code: 'UnsupportedHttpVerb',
          message: 'The resource cannot be written here.',
        });
      const blobs = logs.log.blobs();
      return isList
        ? listAnswer(blobs, searchParams, logs.storage)
        : blobAnswer(blobs, blob, request);
    },
  };
}

const notAuthorized = ({ token }: AzureWireRequest) =>
  token === ''
    ? new AzureFault(409, {
        code: 'PublicAccessNotPermitted',
        message: 'Public access is not permitted.',
      })
    : new AzureFault(403, {
        code: 'AuthenticationFailed',
        message:
          'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
      });

function isSigned({ account, key }: StorageOptions, request: AzureWireRequest): boolean {
  const { headers, method, info } = request;
  const [, signature = ''] =
    /^SharedKey [^:]+:(.+)$/.exec(headers.get('authorization') ?? '') ?? [];
  const plain = [
    'content-language',
    'content-encoding',
    'content-length',
    'content-md5',
    'content-type',
    'date',
    'if-modified-since',
    'if-match',
    'if-none-match',
    'if-unmodified-since',
    'range',
  ].map((name) => headers.get(name) ?? '');
  const own = [...headers]
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`);
  const { pathname, searchParams } = new URL(info.requestUri);
  const query = [...searchParams].map(([name, value]) => `\n${name.toLowerCase()}:${value}`).sort();
  const text = `${[method, ...plain].join('\n')}\n${own.join('')}/${account}${pathname}${query.join('')}`;
  const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  return sameText(expected, signature);
}

/** Compares without telling by its time where two texts differ. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** A page of blobs by name, and with a delimiter of the folders they are in. */
function listAnswer(
  blobs: readonly Blob[],
  query: URLSearchParams,
  { pageMax = pageMaxDefault }: StorageOptions,
): AzureAnswer {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = Buffer.from(query.get('marker') ?? '', 'base64url').toString();
  const limit = Math.min(Number(query.get('maxresults') ?? pageMax), pageMax);
  const { entries, next } = listedPage({
    items: blobs,
    nameOf: ({ name }) => name,
    itemXml: blobXml,
    folderXml: (name) => `<BlobPrefix><Name>${name}</Name></BlobPrefix>`,
    ...{ prefix, delimiter, after, limit },
  });
  const body =
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="${container}">` +
    `<Prefix>${escapedXml(prefix)}</Prefix><MaxResults>${limit}</MaxResults>` +
    `<Blobs>${entries.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;
  return { status: 200, body, headers: { 'content-type': 'application/xml' } };
}

function blobXml(blob: Blob): string {
  const { name, content, createdAt } = blob;
  const { etag, modified } = stampOf(blob);
  const properties =
    `<Creation-Time>${new Date(createdAt).toUTCString()}</Creation-Time>` +
    `<Last-Modified>${modified}</Last-Modified><Etag>${escapedXml(etag)}</Etag>` +
    `<Content-Length>${content.length}</Content-Length><BlobType>AppendBlob</BlobType>`;
  return `<Blob><Name>${escapedXml(name)}</Name><Properties>${properties}</Properties></Blob>`;
}

const stampOf = ({ content, createdAt, modifiedAt }: Blob) => ({
  etag: `"0x${createdAt.toString(16)}${content.length.toString(16).padStart(8, '0')}"`,
  modified: new Date(modifiedAt).toUTCString(),
});

function blobAnswer(
  blobs: readonly Blob[],
  name: string,
  { headers }: AzureWireRequest,
): AzureAnswer {
  const blob = blobs.find((one) => one.name === name);
  if (blob === undefined)
    throw new AzureFault(404, {
      code: 'BlobNotFound',
      message: 'The specified blob does not exist.',
    });
  const { content } = blob;
  const { etag, modified } = stampOf(blob);
  if ((headers.get('if-match') ?? etag) !== etag)
    throw new AzureFault(412, {
      code: 'ConditionNotMet',
      message: 'The condition in a header is not met.',
    });
  const about = {
    etag,
    'last-modified': modified,
    'x-ms-blob-type': 'AppendBlob',
    'x-ms-creation-time': new Date(blob.createdAt).toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  };
  const asked = headers.get('x-ms-range') ?? headers.get('range');
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(asked ?? '') ?? [];
  if (from === undefined) return { status: 200, body: content, headers: about };
  if (Number(from) >= content.length)
    throw new AzureFault(416, {
      code: 'InvalidRange',
      message: 'The range specified is invalid for the blob.',
    });
  const end = Math.min(to ? Number(to) + 1 : content.length, content.length);
  const range = `bytes ${from}-${end - 1}/${content.length}`;
  const body = content.subarray(Number(from), end);
  return { status: 206, body, headers: { ...about, 'content-range': range } };
}

const errorAnswer = ({ httpStatus, code, message }: AzureFault): AzureAnswer => ({
  status: httpStatus,
  body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${escapedXml(message)}</Message></Error>`,
  headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
});
