/** S3 as a reader of trail files needs it: ListObjectsV2 in pages and by folder, GetObject whole or by range. */
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
  const items = new Map<string, string>();
  for (const file of bucket.list()) {
    if (!file.key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : file.key.indexOf(delimiter, prefix.length);
    const folder = file.key.slice(0, end + delimiter.length);
    if (end < 0) items.set(file.key, contentsXml(file));
    else items.set(folder, `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`);
  }
  const rest = [...items].filter(([name]) => name > after);
  const page = rest.slice(0, limit);
  const truncated = rest.length > page.length;
  const next = Buffer.from(page.at(-1)?.[0] ?? '').toString('base64url');
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${escaped(bucket.name)}</Name><Prefix>${escaped(prefix)}</Prefix>` +
    `<KeyCount>${page.length}</KeyCount><MaxKeys>${limit}</MaxKeys>` +
    `<IsTruncated>${truncated}</IsTruncated>${page.map(([, xml]) => xml).join('')}` +
    `${truncated ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}` +
    '</ListBucketResult>';
  return { status: 200, body, headers: { 'content-type': 'application/xml' } };
}

function contentsXml(file: TrailFile): string {
  const modified = new Date(file.at).toISOString();
  return (
    `<Contents><Key>${escaped(file.key)}</Key><LastModified>${modified}</LastModified>` +
    `<ETag>${escaped(etagOf(file))}</ETag><Size>${file.body.length}</Size></Contents>`
  );
}

const entities = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => entities.get(sign) ?? sign);

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
    `<Error><Code>${escaped(known ?? code)}</Code><Message>${escaped(message)}</Message>` +
    `<RequestId>${requestId}</RequestId></Error>`;
  const status = known === undefined ? httpStatus : 403;
  return { status, body, headers: { 'content-type': 'application/xml' } };
}
