/** S3 as a reader of trail files needs it: ListObjectsV2 in pages and by folder, GetObject whole or by range. */
import { escapedXml, listedPage } from '../any-cloud/listed-page.ts';
import { AwsFault } from './aws-fault.ts';
import { identityAllows } from './key-policy.ts';
import type { Principal } from './principals.ts';
import type { TrailBucket } from './trail-bucket.ts';
import type { TrailFile } from './trail-files.ts';

export type S3Operation = 'ListObjectsV2' | 'GetObject';

export interface S3Request {
  operation: S3Operation;
  bucket: string;
  key: string;
  query: URLSearchParams;
  range: string | undefined;
}

export interface S3Answer {
  status: number;
  body: Buffer | string;
  headers: Record<string, string>;
}

const pageMax = 1000;

/** What a request asks of S3; null where it is not for S3, whose requests name bucket and key in the path. */
export function s3RequestOf(
  method: string,
  url: string,
  range: string | undefined,
): S3Request | null {
  const { pathname, searchParams: query } = new URL(url, 'http://loopback');
  const [, bucket = '', ...rest] = pathname.split('/');
  if (method !== 'GET' || bucket === '') return null;
  const key = rest.map(decodeURIComponent).join('/');
  return { operation: key === '' ? 'ListObjectsV2' : 'GetObject', bucket, key, query, range };
}

/** @throws {AwsFault} */
export function answerS3(
  buckets: readonly TrailBucket[],
  principal: Principal,
  request: S3Request,
): S3Answer {
  const bucket = buckets.find(({ name }) => name === request.bucket);
  if (bucket === undefined)
    throw new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
  const action = request.operation === 'GetObject' ? 's3:GetObject' : 's3:ListBucket';
  if (principal.account !== bucket.account || !identityAllows(principal, action))
    throw new AwsFault('AccessDenied', 'Access Denied', 403);
  if (request.operation === 'ListObjectsV2') return listAnswer(bucket, request.query);
  const file = bucket.get(request.key);
  if (file === undefined) throw new AwsFault('NoSuchKey', 'The specified key does not exist.', 404);
  return fileAnswer(file, request.range);
}

function fileAnswer(file: TrailFile, range: string | undefined): S3Answer {
  const { body } = file;
  const headers = {
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'last-modified': new Date(file.at).toUTCString(),
    etag: etagOf(file),
  };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === undefined) return { status: 200, body, headers };
  if (Number(from) >= body.length)
    throw new AwsFault('InvalidRange', 'The requested range is not satisfiable', 416);
  const end = Math.min(to ? Number(to) + 1 : body.length, body.length);
  const contentRange = { 'content-range': `bytes ${from}-${end - 1}/${body.length}` };
  const part = body.subarray(Number(from), end);
  return { status: 206, body: part, headers: { ...headers, ...contentRange } };
}

const etagOf = ({ body, at }: TrailFile) => `"${at.toString(16)}${body.length.toString(16)}"`;

function listAnswer(bucket: TrailBucket, query: URLSearchParams): S3Answer {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = Buffer.from(query.get('continuation-token') ?? '', 'base64url').toString();
  const after = token || (query.get('start-after') ?? '');
  const limit = Math.min(Number(query.get('max-keys') ?? pageMax), pageMax);
  if (!Number.isInteger(limit) || limit < 0)
    throw new AwsFault('InvalidArgument', 'Provided max-keys is not an integer');
  const { entries, next } = listedPage({
    items: bucket.list(),
    nameOf: ({ key }) => key,
    itemXml: contentsXml,
    folderXml: (name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`,
    ...{ prefix, delimiter, after, limit },
  });
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${escapedXml(bucket.name)}</Name><Prefix>${escapedXml(prefix)}</Prefix>` +
    `<KeyCount>${entries.length}</KeyCount><MaxKeys>${limit}</MaxKeys>` +
    `<IsTruncated>${next !== ''}</IsTruncated>${entries.join('')}` +
    `${next !== '' ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}` +
    '</ListBucketResult>';
  return { status: 200, body, headers: { 'content-type': 'application/xml' } };
}

function contentsXml(file: TrailFile): string {
  const modified = new Date(file.at).toISOString();
  return (
    `<Contents><Key>${escapedXml(file.key)}</Key><LastModified>${modified}</LastModified>` +
    `<ETag>${escapedXml(etagOf(file))}</ETag><Size>${file.body.length}</Size></Contents>`
  );
}

/** S3 words the common refusals in its own way. */
const s3Codes = new Map([
  ['UnrecognizedClientException', 'InvalidAccessKeyId'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  ['MissingAuthenticationTokenException', 'AccessDenied'],
]);

export function s3Fault({ code, message, httpStatus }: AwsFault, requestId: string): S3Answer {
  const known = s3Codes.get(code);
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<Error><Code>${escapedXml(known ?? code)}</Code><Message>${escapedXml(message)}</Message>` +
    `<RequestId>${requestId}</RequestId></Error>`;
  const status = known === undefined ? httpStatus : 403;
  return { status, body, headers: { 'content-type': 'application/xml' } };
}
