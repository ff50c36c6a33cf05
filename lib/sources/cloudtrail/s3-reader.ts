/**
 * A trail's files in S3 as they are delivered: by the prefix of each day, and of a day what was written since. Digests
 * and Insights lie under prefixes of their own and are never listed.
 */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { readChunkedFile } from '../files/read-records.ts';
import {
  Asker,
  type LogPage,
  type LogReader,
  type Patience,
  type ReadFault,
} from '../log-reader.ts';
import { grantOf, noAwsCredentials } from './aws-fixes.ts';
import { type CloudTrailAccess, cloudTrailClient } from './client.ts';
import { inspectTrail } from './inspect-trail.ts';
import { isPassing, notAnswered } from './lookup-error.ts';

export interface S3ReaderOptions extends CloudTrailAccess, Patience {
  bucket: string;
  /** What stands before `AWSLogs/` in the keys; with its slash, or empty. */
  prefix: string;
  /** Whose events: the folder below `AWSLogs/`, `o-…/ACCOUNT` of an organization’s trail. */
  account: string;
  /** Files to read at one go before giving up as behind. */
  filesMax: number;
}

const dayMs = 86_400_000;
/** CloudTrail writes no file beyond 50 MB unpacked. */
const unpackedBytesMax = 256 * 1024 * 1024;

export function s3Reader(options: S3ReaderOptions): LogReader {
  const { region, endpoint, credentials, bucket } = options;
  const trails = cloudTrailClient(options);
  const client = new S3Client({
    region,
    maxAttempts: 1,
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== null && { credentials }),
  });
  return {
    kind: 's3',
    name: 'The trail’s bucket',
    silence: [
      'The trail’s files have no use of a key: let the trail log management events of KMS (no',
      'kms.amazonaws.com in its ExcludeManagementEventSources) and check account and Region.',
    ].join(' '),
    read: (span) => readTrail(client, options, span),
    inspect: () => inspectTrail(trails, bucket),
    fixes: {
      unauthorized: noAwsCredentials,
      forbidden: {
        code: 'no-permission',
        fix: grantOf(
          's3:ListBucket s3:GetObject',
          `arn:aws:s3:::${bucket}`,
          `arn:aws:s3:::${bucket}/*`,
        ),
      },
      'not-found': { code: 'no-place', fix: 'aws cloudtrail describe-trails' },
    },
    close: () => {
      client.destroy();
      trails.destroy();
    },
  };
}

async function* readTrail(
  client: S3Client,
  options: S3ReaderOptions,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): AsyncGenerator<LogPage> {
  const asker = new Asker(options, faultOf);
  const { filesMax } = options;
  let files = 0;
  // A file lies in the folder of the day it was begun, and may be written after that day.
  for (let day = fromMs - (fromMs % dayMs) - dayMs; day <= toMs; day += dayMs) {
    for await (const key of keysOf(client, asker, { ...options, day, fromMs })) {
      files += 1;
      const isCut = files > filesMax;
      if (isCut) {
        yield { records: [], ignored: {}, rejected: [], behind };
        return;
      }
      yield* readObject(client, asker, { bucket: options.bucket, key });
    }
  }
}

const behind =
  'More files than can be read at one go: copy the bucket’s folder and read it with `keytide import`.';

/** Keys of a day's files written since an instant, in order. */
async function* keysOf(
  client: S3Client,
  asker: Asker,
  {
    bucket,
    prefix,
    account,
    region,
    day,
    fromMs,
  }: S3ReaderOptions & { day: number; fromMs: number },
): AsyncGenerator<string> {
  const date = new Date(day).toISOString().slice(0, 10).replaceAll('-', '/');
  const Prefix = `${prefix}AWSLogs/${account}/CloudTrail/${region}/${date}/`;
  let token: string | undefined;
  do {
    const input = {
      Bucket: bucket,
      Prefix,
      ...(token !== undefined && { ContinuationToken: token }),
    };
    const page = await asker.ask((abortSignal) =>
      client.send(new ListObjectsV2Command(input), { abortSignal }),
    );
    // A page of another server, such as one to sign in, reads as a list of nothing.
    if (page.IsTruncated === undefined) throw notAnswered('list of the bucket');
    for (const { Key, LastModified } of page.Contents ?? [])
      if (Key?.endsWith('.json.gz') && (LastModified?.getTime() ?? fromMs) >= fromMs) yield Key;
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

async function* readObject(
  client: S3Client,
  asker: Asker,
  { bucket, key }: { bucket: string; key: string },
): AsyncGenerator<LogPage> {
  const whole = await asker.ask(async (abortSignal) => {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body } = await client.send(command, { abortSignal });
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  });
  const file = `s3://${bucket}/${key}`;
  const chunks = (async function* () {
    yield whole;
  })();
  for await (const { items, ignored, rejected } of readChunkedFile(file, chunks, unpackedBytesMax))
    yield { records: items, ignored, rejected, behind: null };
}

const named = new Map<string, ReadFault>([
  [
    'AccessDenied',
    {
      code: 'forbidden',
      message:
        'Reading the trail’s bucket was denied: grant s3:ListBucket on it and s3:GetObject on its objects (and kms:Decrypt where a key encrypts them).',
    },
  ],
  ['NoSuchBucket', { code: 'not-found', message: 'There is no such bucket: check its name.' }],
  [
    'PermanentRedirect',
    { code: 'bad-request', message: 'The bucket lies in another Region: name that one.' },
  ],
]);
const badCredentials =
  /Credential|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken/;

function faultOf(cause: unknown): ReadFault {
  const name = cause instanceof Error ? cause.name : '';
  const known = named.get(name);
  if (known !== undefined) return known;
  if (isPassing(cause))
    return {
      code: 'throttled',
      message: 'S3 keeps throttling or failing: stop other readers of the bucket, or try later.',
    };
  if (badCredentials.test(name))
    return {
      code: 'unauthorized',
      message: `AWS credentials are missing, expired or not accepted (${name}): renew them.`,
    };
  return {
    code: 'unavailable',
    message: `The trail’s bucket cannot be read now (${name || 'no answer'}): check network and Region.`,
  };
}
