/**
 * A trail's files as they lie in S3: events by five minutes of their delivery, gzipped, and among them what a reader
 * must pass over: an hour's digest, and Insights. Names follow from account and time, so that the same five minutes
 * give the same file.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AwsCloud } from './cloud.ts';
import { trailName } from './cloudtrail.ts';
import type { StoredEvent } from './event-log.ts';

const bucketMs = 300_000;
const hourMs = 3_600_000;
// Keeps a file well under CloudTrail's 50 MB unpacked.
const recordsPerFileMax = 20_000;

export interface TrailFilesOptions {
  account: string;
  /** Events delivered up to this instant, epoch ms of sandbox time, inclusive. */
  untilMs: number;
  /** Events delivered from this instant on. Default all. */
  fromMs?: number;
  /** Before `AWSLogs/`, with its slash. Default nothing. */
  prefix?: string;
  /** Of an organization's trail: after `AWSLogs/`. Default none. */
  organization?: string;
}

export interface TrailFile {
  /** With slashes, as S3 has it. */
  key: string;
  /** When it was written, epoch ms of sandbox time. */
  at: number;
  records: number;
  body: Buffer;
}

interface Place extends TrailFilesOptions {
  region: string;
}

/** Files of events, oldest first; with `extras`, each hour's digest and Insights after its own. */
export function* trailFiles(
  cloud: AwsCloud,
  { extras, ...options }: TrailFilesOptions & { extras: boolean },
): Generator<TrailFile> {
  const place = { ...options, region: cloud.region };
  let hour: TrailFile[] = [];
  for (const [bucket, events] of bucketsOf(cloud, options)) {
    const [last] = hour;
    if (extras && last !== undefined && hourOf(last.at - 1) !== hourOf(bucket)) {
      yield* extrasOf(place, hour);
      hour = [];
    }
    for (let from = 0; from < events.length; from += recordsPerFileMax) {
      const part = events.slice(from, from + recordsPerFileMax);
      const at = bucket + bucketMs;
      const key = keyOf(place, { kind: 'CloudTrail', at, part: from / recordsPerFileMax });
      const body = packed({ Records: part.map(({ record }) => record) });
      const file = { key, at, records: part.length, body };
      hour.push(file);
      yield file;
    }
  }
  if (extras) yield* extrasOf(place, hour);
}

const hourOf = (ms: number) => Math.floor(ms / hourMs);
const packed = (value: object) => gzipSync(JSON.stringify(value), { level: 3 });

function bucketsOf(
  cloud: AwsCloud,
  { account, untilMs, fromMs = 0 }: TrailFilesOptions,
): [number, StoredEvent[]][] {
  const buckets = new Map<number, StoredEvent[]>();
  for (const event of cloud.events(account)) {
    if (event.visibleAt < fromMs || event.visibleAt > untilMs) continue;
    if (cloud.trailExcludes(event)) continue;
    const bucket = Math.floor(event.visibleAt / bucketMs) * bucketMs;
    const events = buckets.get(bucket);
    if (events) events.push(event);
    else buckets.set(bucket, [event]);
  }
  return [...buckets].sort(([a], [b]) => a - b);
}

type FileKind = 'CloudTrail' | 'CloudTrail-Digest' | 'CloudTrail-Insight';

function keyOf(
  place: Place,
  { kind, at, part = 0 }: { kind: FileKind; at: number; part?: number },
): string {
  const { account, region, prefix = '', organization } = place;
  const iso = new Date(at).toISOString();
  const day = iso.slice(0, 10).replaceAll('-', '/');
  const digits = iso.slice(0, 19).replace(/[-:]/g, '');
  const about = JSON.stringify({ account, region, bucket: at - bucketMs, part });
  const hash = createHash('sha256').update(about).digest('hex').slice(0, 16);
  const end =
    kind === 'CloudTrail-Digest'
      ? `${trailName}_${region}_${digits}Z`
      : `${digits.slice(0, 13)}Z_${hash}`;
  const name = `${account}_${kind}_${region}_${end}.json.gz`;
  const owner = organization === undefined ? account : `${organization}/${account}`;
  return `${prefix}AWSLogs/${owner}/${kind}/${region}/${day}/${name}`;
}

/** The digest and Insights files that follow an hour's files; neither holds a KMS event. */
function* extrasOf(place: Place, files: readonly TrailFile[]): Generator<TrailFile> {
  const [first] = files;
  if (first === undefined) return;
  const at = (hourOf(first.at - 1) + 1) * hourMs;
  const { account, region } = place;
  const logFiles = files.map(({ key, body }) => ({
    s3Object: key,
    hashValue: createHash('sha256').update(body).digest('hex'),
    hashAlgorithm: 'SHA-256',
  }));
  const seconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const digest = {
    awsAccountId: account,
    digestStartTime: seconds(at - hourMs),
    digestEndTime: seconds(at),
    digestSignatureAlgorithm: 'SHA256withRSA',
    logFiles,
  };
  const insight = {
    eventVersion: '1.11',
    eventTime: seconds(at - hourMs),
    awsRegion: region,
    eventID: `${account}-insight-${hourOf(at)}`,
    eventType: 'AwsCloudTrailInsight',
    recipientAccountId: account,
    insightDetails: {
      state: 'Start',
      eventSource: 'iam.amazonaws.com',
      eventName: 'CreateAccessKey',
      insightType: 'ApiCallRateInsight',
      insightContext: { statistics: { baseline: { average: 0.1 }, insight: { average: 4 } } },
    },
    eventCategory: 'Insight',
  };
  const file = (kind: FileKind, value: object) => ({
    key: keyOf(place, { kind, at }),
    at,
    records: 0,
    body: packed(value),
  });
  yield file('CloudTrail-Digest', digest);
  yield file('CloudTrail-Insight', { Records: [insight] });
}

/** Writes a trail's files into a folder that stands for its bucket; made where it is missing. */
export async function writeLogFiles(
  cloud: AwsCloud,
  { dir, extras = false, ...options }: TrailFilesOptions & { dir: string; extras?: boolean },
): Promise<{ files: string[]; records: number }> {
  const written = { files: [] as string[], records: 0 };
  for (const { key, records, body } of trailFiles(cloud, { ...options, extras })) {
    const file = path.join(dir, ...key.split('/'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
    written.files.push(file);
    written.records += records;
  }
  return written;
}
