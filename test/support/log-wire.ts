/** What is served to a reader of logs, and what goes wrong with it. */
import type { LogReader } from '../../lib/sources/log-reader.ts';

/** What becomes of a request instead of a good answer; null where it is answered well. */
export type Trouble =
  | null
  | { status: number; body?: string }
  | 'garbage'
  | 'json'
  | 'slow'
  | 'never'
  | 'half'
  | 'reset';

export interface Served {
  /** Records as their log writes them, in order. */
  texts: readonly string[];
  /** Pages or files, each with all of `texts`. Default 1. */
  pages?: number;
  /** Of the next requests, one after the other; each is taken out as it happens. */
  troubles?: Trouble[];
  /** Ends files, or what they are packed into, so many bytes early. */
  cutBytes?: number;
  answerMsMax?: number;
}

export interface Wire {
  reader: LogReader;
  close(): Promise<void>;
}

export interface LogWire {
  name: string;
  provider: 'aws' | 'gcp' | 'azure';
  /** One JSON document holds the records: what stands behind half a one is within that. */
  isDocument?: true;
  /** Whether it is read as files, by an API, or both. */
  isFile: boolean;
  isApi: boolean;
  /** A record of a use of a key, as this log writes it. */
  record(number: number, changed?: Changed): string;
  /** How its API refuses who has no credentials, who has no permission, and what is not there, where that can be. */
  refusals: { unauthorized: Trouble; forbidden: Trouble; 'not-found'?: Trouble } | null;
  /** A record that breaks off, as far as the log's form lets it. */
  half(): string;
  open(served: Served): Promise<Wire>;
}

export interface Changed {
  year?: number;
  /** As another service of the cloud writes it. */
  service?: boolean;
  /** A field that nests so deeply. */
  depth?: number;
  account?: string;
}

export const pagesMax = 2_000;
export const patient = { sleep: async () => {}, throttlesMax: 4 };

export const patience = ({ answerMsMax = 60_000 }: Served) => ({ answerMsMax });

export const nextOf = ({ pages = 1 }: Served, page: number) =>
  page + 1 < pages ? { NextToken: String(page + 1) } : {};
