/** The S3 bucket of an account's trail: files appear once their five minutes are over, and never change. */
import type { Clock } from '../../domain/clock.ts';
import type { AwsCloud } from './cloud.ts';
import { type TrailFile, type TrailFilesOptions, trailFiles } from './trail-files.ts';

export interface TrailBucketOptions
  extends Pick<TrailFilesOptions, 'account' | 'prefix' | 'organization'> {
  /** Sandbox time. */
  clock: Clock;
  cloud: AwsCloud;
  name: string;
  /** Digests and Insights among the files. Default true. */
  extras?: boolean;
}

const hourMs = 3_600_000;

export class TrailBucket {
  readonly name: string;
  readonly account: string;
  readonly #options: TrailBucketOptions;
  readonly #files = new Map<string, TrailFile>();
  /** All files of earlier hours are there. */
  #hour = 0;

  constructor(options: TrailBucketOptions) {
    this.name = options.name;
    this.account = options.account;
    this.#options = options;
  }

  /** Files that are there, by key. */
  list(): TrailFile[] {
    const { clock, cloud, account, prefix, organization, extras = true } = this.#options;
    const now = clock.now();
    const place = {
      account,
      ...(prefix !== undefined && { prefix }),
      ...(organization !== undefined && { organization }),
    };
    const range = { fromMs: this.#hour, untilMs: now - 1 };
    for (const file of trailFiles(cloud, { ...place, ...range, extras }))
      if (file.at <= now && !this.#files.has(file.key)) this.#files.set(file.key, file);
    this.#hour = Math.floor(now / hourMs) * hourMs;
    return [...this.#files.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  get(key: string): TrailFile | undefined {
    this.list();
    return this.#files.get(key);
  }
}
