import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AwsCloud } from './cloud.ts';
import type { StoredEvent } from './event-log.ts';

const bucketMs = 300_000;
// Keeps a file well under CloudTrail's 50 MB unpacked.
const recordsPerFileMax = 20_000;
const gzipAsync = promisify(gzip);

export interface LogFilesOptions {
  account: string;
  /** The folder that stands for the S3 bucket; made where it is missing. */
  dir: string;
  /** Events delivered up to this instant, epoch ms of sandbox time, inclusive. */
  untilMs: number;
  /** Events delivered from this instant on. Default all. */
  fromMs?: number;
}

/**
 * Writes an account's delivered events as CloudTrail writes them to S3: gzip files, one for each
 * five minutes of delivery. Names follow from account and time, so writing the same five minutes
 * again replaces the file.
 */
export async function writeLogFiles(
  cloud: AwsCloud,
  { account, dir, untilMs, fromMs = 0 }: LogFilesOptions,
): Promise<{ files: number; records: number }> {
  const buckets = new Map<number, StoredEvent[]>();
  for (const event of cloud.events(account)) {
    if (event.visibleAt < fromMs || event.visibleAt > untilMs) continue;
    const bucket = Math.floor(event.visibleAt / bucketMs) * bucketMs;
    const events = buckets.get(bucket);
    if (events) events.push(event);
    else buckets.set(bucket, [event]);
  }
  const counts = { files: 0, records: 0 };
  for (const [bucket, events] of buckets) {
    for (let from = 0; from < events.length; from += recordsPerFileMax) {
      const part = events.slice(from, from + recordsPerFileMax);
      const place = { account, region: cloud.region, bucket, part: from / recordsPerFileMax };
      const file = path.join(dir, ...logFilePath(place));
      await mkdir(path.dirname(file), { recursive: true });
      const json = JSON.stringify({ Records: part.map(({ record }) => record) });
      await writeFile(file, await gzipAsync(json, { level: 3 }));
      counts.files += 1;
      counts.records += part.length;
    }
  }
  return counts;
}

function logFilePath(place: { account: string; region: string; bucket: number; part: number }) {
  const { account, region, bucket } = place;
  const iso = new Date(bucket + bucketMs).toISOString();
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-');
  const stamp = `${iso.slice(0, 16).replaceAll('-', '').replace(':', '')}Z`;
  const hash = createHash('sha256').update(JSON.stringify(place)).digest('hex').slice(0, 16);
  const name = `${account}_CloudTrail_${region}_${stamp}_${hash}.json.gz`;
  return ['AWSLogs', account, 'CloudTrail', region, year, month, day, name];
}
