/**
 * The sandbox's Cloud Audit Logs: what Cloud KMS journals, as the project's Cloud Logging has it. Data Access is off
 * until it is switched on; each entry arrives after a delay of its own.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { DeliveredLog, type DeliveryOptions } from '../any-cloud/delivered-log.ts';
import type { RandomBytes } from '../any-cloud/random-ids.ts';
import { pooledRandom, uniform } from '../any-cloud/random-ids.ts';
import { GcpFault } from './gcp-fault.ts';
import type { GcpKmsEntry } from './kms-entry.ts';
import { EntryView, type LoggedEvent } from './log-entry.ts';
import { type Filter, parseLogFilter } from './log-filter.ts';

export interface GcpAuditLogOptions extends DeliveryOptions {
  /** Sandbox time. */
  clock: Clock;
  random: RandomBytes;
  /** The project's id. */
  project: string;
  /** Default false, as in a project that nobody has set up. */
  dataAccess?: boolean;
  /** Whether `x-goog-request-reason` is in the log: unverified of the real one. Default true. */
  recordsReasons?: boolean;
  /** Principals whose Data Access is not logged. */
  exemptedMembers?: readonly string[];
  /** A filter of what the project's sink does not keep. */
  exclusion?: string;
  /** Whether a list's first page is empty and names the next, as a search that takes long has it. Default false. */
  startsEmpty?: boolean;
  /** Days that the project's bucket keeps. Default 30. */
  retentionDays?: number;
  /** Called for every entry as it is written. */
  journal?: (entry: StoredEntry) => void;
  /** Entries of earlier runs, in the order in which they were written. */
  restored?: readonly StoredEntry[];
}

/** An entry as it is kept between runs, JSON-able. */
export interface StoredEntry {
  /** When it happened, epoch ms of sandbox time. */
  at: number;
  logged: LoggedEvent;
  arrivals: readonly number[];
}

/** What can be switched while it runs. */
export type LogSwitches = Required<
  Pick<GcpAuditLogOptions, 'dataAccess' | 'exemptedMembers' | 'exclusion' | 'retentionDays'>
>;

export interface ListQuery {
  resourceNames: readonly string[];
  filter: string;
  orderBy: string;
  /** 0 is the default, 50. */
  pageSize: number;
  pageToken: string;
}

const pageSizeDefault = 50;
const retentionDaysDefault = 30;
const dayMs = 86_400_000;
const pageSizeMax = 1000;

/** Where the next page begins: how many of the entries that had arrived by then were given. */
interface Cursor {
  until: number;
  done: number;
  query: string;
}

export class GcpAuditLog {
  readonly #options: GcpAuditLogOptions;
  readonly #random: RandomBytes;
  readonly #log: DeliveredLog<LoggedEvent>;
  #switches: LogSwitches;
  #excluded: Filter | null = null;
  #written = 0;
  #last = { at: 0, nanos: 0 };

  constructor(options: GcpAuditLogOptions) {
    this.#options = options;
    this.#random = pooledRandom(options.random);
    this.#log = new DeliveredLog(this.#random, options);
    const { dataAccess = false, exemptedMembers = [], exclusion = '' } = options;
    const { retentionDays = retentionDaysDefault } = options;
    this.#switches = { dataAccess, exemptedMembers, exclusion, retentionDays };
    this.change({});
    const { restored = [] } = options;
    for (const { logged, arrivals } of restored) this.#log.restore(logged, arrivals);
    this.#written = restored.length;
  }

  /** What is set of the project's logging. */
  get switches(): LogSwitches {
    return this.#switches;
  }

  /** Changes what is logged from now on; what was not logged stays unlogged. */
  change(switches: Partial<LogSwitches>): void {
    this.#switches = { ...this.#switches, ...switches };
    const { exclusion } = this.#switches;
    this.#excluded = exclusion === '' ? null : parseLogFilter(exclusion);
  }

  /** Takes an event of the project's Cloud KMS. */
  write(event: GcpKmsEntry): void {
    const { clock, project, recordsReasons = true } = this.#options;
    const { dataAccess, exemptedMembers } = this.#switches;
    const exempted = event.caller !== null && exemptedMembers.includes(event.caller.email);
    if (event.log === 'data_access' && (!dataAccess || exempted)) return;
    if (!event.resourceName.startsWith(`projects/${project}/`)) return;
    this.#written += 1;
    const nanos = this.#nanosOf(event.at);
    const insertId = insertIdOf(this.#written, this.#random);
    const logged = { event, project, insertId, nanos, recordsReasons };
    if (this.#excluded?.(new EntryView(logged, event.at))) return;
    const arrivals = this.#log.add(logged, clock.now());
    this.#options.journal?.({ at: event.at, logged, arrivals });
  }

  /** Times within one millisecond keep the order of what happened in it. */
  #nanosOf(at: number): number {
    const step = 1 + Math.floor(uniform(this.#random) * 10_000);
    const nanos = at === this.#last.at ? this.#last.nanos + step : step * 50;
    this.#last = { at, nanos: Math.min(nanos, 999_999) };
    return this.#last.nanos;
  }

  /** How many entries had arrived by an instant. */
  countBy(until: number): number {
    return this.#log.countUpTo(until);
  }

  /** Entries in the order in which they arrived, those of a range of counts: what a sink exports. */
  *arrived(from: number, to: number): Generator<EntryView> {
    for (const { entry, arrivedAt } of this.#log.between(from, to))
      yield new EntryView(entry, arrivedAt);
  }

  /** A page of entries that have arrived. @throws {GcpFault} */
  list(
    query: ListQuery,
    { seesPrivate }: { seesPrivate: boolean },
  ): { entries: EntryView[]; nextPageToken: string } {
    const { project, clock, startsEmpty = false } = this.#options;
    const { pageSize, resourceNames } = query;
    if (resourceNames.length === 0 || resourceNames.some((name) => !isIn(name, project)))
      throw new GcpFault('invalidArgument', 'resource_names names no project that is here.');
    if (pageSize < 0 || pageSize > pageSizeMax)
      throw new GcpFault('invalidArgument', `page_size must be 0 to ${pageSizeMax}.`);
    const filter = parseLogFilter(query.filter);
    const descending = isDescending(query.orderBy);
    const bound = boundOf(query);
    const cursor = cursorOf(query.pageToken, bound);
    const until = cursor?.until ?? clock.now();
    if (cursor === null && startsEmpty)
      return { entries: [], nextPageToken: encode({ until, done: 0, query: bound }) };
    const found: EntryView[] = [];
    const kept = this.countBy(until - this.#switches.retentionDays * dayMs);
    for (const entry of this.arrived(kept, this.countBy(until))) {
      const isPrivate = entry.logged.event.log === 'data_access';
      if ((seesPrivate || !isPrivate) && filter(entry)) found.push(entry);
    }
    found.sort((a, b) => (descending ? byTime(b, a) : byTime(a, b)));
    const from = cursor?.done ?? 0;
    const done = from + (pageSize || pageSizeDefault);
    return {
      entries: found.slice(from, done),
      nextPageToken: done < found.length ? encode({ until, done, query: bound }) : '',
    };
  }
}

const byTime = (a: EntryView, b: EntryView) =>
  a.logged.event.at - b.logged.event.at || a.logged.nanos - b.logged.nanos;

const isIn = (name: string, project: string) =>
  name === `projects/${project}` || name.startsWith(`projects/${project}/`);

function isDescending(orderBy: string): boolean {
  if (orderBy === '' || /^timestamp(?: asc)?$/.test(orderBy)) return false;
  if (orderBy === 'timestamp desc') return true;
  throw new GcpFault('invalidArgument', `Invalid value for orderBy field: "${orderBy}".`);
}

/** Ties a token to the parameters it was given for; the page size may change. */
const boundOf = ({ resourceNames, filter, orderBy }: ListQuery): string =>
  createHash('sha256')
    .update(JSON.stringify([resourceNames, filter, orderBy]))
    .digest('base64url')
    .slice(0, 22);

const encode = (cursor: Cursor) => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function cursorOf(token: string, bound: string): Cursor | null {
  if (token === '') return null;
  try {
    const { until, done, query }: Partial<Cursor> = JSON.parse(
      Buffer.from(token, 'base64url').toString(),
    );
    if (typeof until === 'number' && typeof done === 'number' && query === bound)
      return { until, done, query };
  } catch {}
  throw new GcpFault('invalidArgument', 'page_token is invalid, or of another request.');
}

function insertIdOf(number: number, random: RandomBytes): string {
  const tail = Math.floor(uniform(random) * 36 ** 4).toString(36);
  return `${number.toString(36)}${tail.padStart(4, '0')}`;
}
