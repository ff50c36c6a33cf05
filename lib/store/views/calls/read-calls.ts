import { type EventState, foreign } from '../../../domain/fates.ts';
import type { CallsShow } from '../../../shared/dto.ts';
import { type Dimension, idsOf } from '../../connection/intern.ts';
import type { Tx } from '../../connection/transaction.ts';
import { stateCode } from '../../records/event-states.ts';
import { filtered } from '../filtered.ts';
import { readTallies } from '../read-tallies.ts';
import { keyIds } from '../spikes/read-echoes.ts';
import { type CallPairRow, columnsOf, type FoundRow, pairRows, withEvents } from './call-rows.ts';

export type CallsFilter =
  | 'cause'
  | 'operation'
  | 'key'
  | 'process'
  | 'workspace'
  | 'dek'
  | 'tag'
  | 'principal';

/** Loads by their cause, that began in `[rootFrom, rootTo)`, epoch ms; of one generation, all (null) or the others. */
export interface EchoRoots {
  causes: readonly string[];
  rootFrom: number;
  rootTo: number;
  generation: number | 'rest' | null;
}

export interface CallsQuery {
  from: number;
  to: number;
  /** Which side is listed, and which fates of it. */
  fate: CallsShow;
  /** The minutes before are in the log, epoch ms. */
  loggedUntil: number | null;
  /** The minutes before are told by every process; an event after them may be of a call on its way. */
  toldUntil: number;
  crossAccountKeys: readonly string[];
  ours: readonly string[];
  /** One key's, by its names; all if undefined. */
  keys: readonly string[] | undefined;
  filters: Partial<Record<Exclude<CallsFilter, 'key'>, string>>;
  /** Calls that go back to these loads; null for all. */
  echo: EchoRoots | null;
  /** Of the events only these, by id; null for all. */
  eventIds: readonly string[] | null;
  /** Where the page before ended: the newest come first. */
  after: string | null;
  limit: number;
  totalMax: number;
}

/** What lists cut their pages by; a page goes on after the row that has these. */
const cuts = {
  attempts: ['at', 'key', 'process', 'boot', 'seq', 'attempt'],
  events: ['at', 'id'],
} as const;
const cursors = { attempts: /^\d{1,13}(_\d{1,18}){5}$/, events: /^\d{1,13}_.{1,256}$/ } as const;
const ofAttempts: readonly CallsShow[] = [
  'attempts',
  'matched',
  'pending',
  'never-logged',
  'unmatched',
];
const sideOf = (fate: CallsShow): keyof typeof cuts =>
  ofAttempts.includes(fate) ? 'attempts' : 'events';

/** Whether a page of such a list can end there. */
export const isCursor = (fate: CallsShow, text: string): boolean =>
  cursors[sideOf(fate)].test(text);

/**
 * A page of attempts beside their events, or of events without one, newest first, and how many there are in all. It is
 * looked for by ids alone: names are put to what is found.
 */
export async function readCalls(
  tx: Tx,
  query: CallsQuery,
): Promise<{ rows: CallPairRow[]; total: number; next: string | null }> {
  const side = sideOf(query.fate);
  const conditions = await conditionsOf(tx, query);
  const matching = `FROM ${tablesOf(query, conditions.join, false)} WHERE ${conditions.all.join(' AND ')}`;
  const total = (await isSurelyMore(tx, query))
    ? query.totalMax
    : await countUpTo(tx, { matching, max: query.totalMax, values: conditions.values });
  const t = side === 'attempts' ? 'a' : 'e';
  const place = cuts[side].map((name) => `${t}.${name}`);
  const values = [...conditions.values];
  const page = query.after === null ? '' : ` AND ${pageAfter(place, query.after, values)}`;
  const found = await tx.$queryRawUnsafe<FoundRow[]>(
    `SELECT ${columnsOf(side)} FROM ${tablesOf(query, conditions.join, true)}
     WHERE ${conditions.all.join(' AND ')}${page}
     ORDER BY ${place.map((name) => `${name} DESC`).join(', ')} LIMIT ${query.limit}`,
    ...values,
  );
  const last = found.length === query.limit ? found.at(-1) : undefined;
  return {
    rows: await pairRows(tx, side === 'attempts' ? await withEvents(tx, found) : found),
    total,
    next: last === undefined ? null : `${last.at}_${last.place}`,
  };
}

async function countUpTo(
  tx: Tx,
  { matching, max, values }: { matching: string; max: number; values: readonly unknown[] },
): Promise<number> {
  const [counted] = await tx.$queryRawUnsafe<{ n: number }[]>(
    `SELECT count(*)::float8 AS n FROM (SELECT 1 ${matching} LIMIT ${max}) limited`,
    ...values,
  );
  return counted?.n ?? 0;
}

/**
 * Whether sums alone show more attempts than are counted: of a place, or by cause or caller, where nearly each call has
 * one, and each joined event.
 */
async function isSurelyMore(
  tx: Tx,
  { fate, from, to, keys, filters, echo, eventIds, totalMax }: CallsQuery,
): Promise<boolean> {
  const { cause, principal, workspace, process, ...others } = filters;
  const one = [cause, principal].filter((value) => value !== undefined);
  if (fate !== 'attempts' || echo !== null || eventIds !== null) return false;
  if (one.length > 1 || Object.keys(others).length > 0) return false;
  const place = filtered({
    keys,
    ...(workspace !== undefined && { workspace }),
    ...(process !== undefined && { process }),
    ...(principal !== undefined && { principal }),
  });
  if (principal !== undefined && process !== undefined) return false;
  const [measure, of] = measureOf({ cause, principal });
  const sums = await readTallies(tx, { ...place, from, to, bucketMs: null, measures: [measure] });
  const own = of === null ? sums : sums.filter(({ label }) => label === of);
  return own.reduce((all, { n }) => all + n, 0) >= 2 * totalMax;
}

/** What is summed, and of which label. */
function measureOf(of: {
  cause: string | undefined;
  principal: string | undefined;
}): ['calls' | 'events' | 'attempts', string | null] {
  if (of.principal !== undefined) return ['events', 'matched'];
  return of.cause === undefined ? ['attempts', null] : ['calls', of.cause];
}

/** A cursor's parts are the columns' values in their order, an event's id perhaps with more of these strokes. */
function pageAfter(place: readonly string[], after: string, values: unknown[]): string {
  const [at = '', ...rest] = after.split('_');
  const parts = place.length === 2 ? [rest.join('_')] : rest;
  const given = [new Date(Number(at)).toISOString(), ...parts];
  const types =
    place.length === 2 ? ['timestamptz', 'text'] : ['timestamptz', ...parts.map(() => 'bigint')];
  const first = values.push(...given) - given.length + 1;
  const marks = types.map((type, no) => `$${first + no}::${type}`);
  return `(${place.join(', ')}) < (${marks.join(', ')})`;
}

// An attempt's number is one key's: a pair's other row, under its event's key, is no other attempt's.
const joins = {
  pair: `LEFT JOIN pair p ON p.key = a.key AND p.at = a.at AND p.process = a.process AND p.boot = a.boot
    AND p.seq = a.seq AND p.attempt = a.attempt`,
  // Under the attempt's own key, as nearly all events are; `crossed` has the others.
  event: `LEFT JOIN event e ON e.key = a.key AND p.event_key = a.key AND e.at = p.event_at
    AND e.id = p.event_id`,
  call: `LEFT JOIN call c ON c.key = a.key AND c.at = a.at AND c.process = a.process AND c.boot = a.boot
    AND c.seq = a.seq`,
} as const;
type Joined = keyof typeof joins;
const order: readonly Joined[] = ['pair', 'event', 'call'];

/** For a count: bounds of their own, since a planner does not see that these lie where the attempt does. */
const within = {
  pair: ' AND p.at >= $1 AND p.at < $2',
  event: ' AND e.at >= $3::timestamptz AND e.at < $4::timestamptz',
  call: ' AND c.at >= $1 AND c.at < $2',
} as const;

/** An attempt's table with those that are asked of beside it; a page, found by time, tells of pair and call. */
function tablesOf({ fate }: CallsQuery, asked: ReadonlySet<Joined>, isPage: boolean): string {
  if (sideOf(fate) === 'events') return 'event e';
  const wanted = order.filter(
    (one) =>
      asked.has(one) || (one === 'pair' && asked.has('event')) || (isPage && one !== 'event'),
  );
  return ['attempt a', ...wanted.map((one) => `${joins[one]}${isPage ? '' : within[one]}`)].join(
    ' ',
  );
}

const hourMs = 3_600_000;
const isoOf = (at: number): string => new Date(at).toISOString();

/** Conditions by ids, their values, and which tables they speak of beside the side's own. */
class Conditions {
  readonly values: unknown[] = [];
  readonly all: string[] = [];
  readonly join = new Set<Joined>();
  readonly #tx: Tx;

  constructor(tx: Tx) {
    this.#tx = tx;
  }

  value(value: unknown, type: string): string {
    return `$${this.values.push(value)}::${type}`;
  }

  /** Ids of names; those that were never seen are nothing's. */
  async ids(dimension: Dimension, names: readonly string[]): Promise<string> {
    return this.value([...(await idsOf(this.#tx, dimension, names)).values()], 'int[]');
  }

  async named(column: string, dimension: Dimension, names: readonly string[]): Promise<string> {
    return `${column} = ANY(${await this.ids(dimension, names)})`;
  }
}

async function conditionsOf(tx: Tx, query: CallsQuery): Promise<Conditions> {
  const conditions = new Conditions(tx);
  const { all } = conditions;
  const attempts = sideOf(query.fate) === 'attempts';
  const t = attempts ? 'a' : 'e';
  const { from, to } = query;
  all.push(`${t}.at >= ${conditions.value(isoOf(from), 'timestamptz')}`);
  all.push(`${t}.at < ${conditions.value(isoOf(to), 'timestamptz')}`);
  // As far as an event lies from its attempt at most; of the attempts' side alone.
  const around = [from - hourMs, to + hourMs].map((at) =>
    conditions.value(isoOf(at), 'timestamptz'),
  );
  all.push(`(${around.join(' < ')})`);
  all.push(
    ...(attempts ? await attemptFate(conditions, query) : await eventFate(conditions, query)),
  );
  const { keys } = query;
  const { process, workspace, operation, cause, dek, tag, principal } = query.filters;
  if (keys !== undefined) {
    const isOf = await conditions.named(`${t}.key`, 'key', keys);
    // A workspace's are found by their own index: IS TRUE keeps a planner from reading all of the key's.
    all.push(attempts && workspace !== undefined ? `(${isOf}) IS TRUE` : isOf);
  } else if (!attempts) {
    // Of one key also what used it second.
    all.push('e.role = 0');
  }
  if (workspace !== undefined)
    all.push(await conditions.named(`${t}.workspace`, 'workspace', [workspace]));
  if (operation !== undefined)
    all.push(await conditions.named(`${t}.operation`, 'word', [operation]));
  const of = (attempt: string, event: string) => (attempts ? attempt : event);
  if (process !== undefined)
    all.push(await conditions.named(of('a.process', 'e.claim_process'), 'process', [process]));
  if (cause !== undefined)
    all.push(
      await conditions.named(of('coalesce(c.refined_cause, a.cause)', 'e.claim_cause'), 'word', [
        cause,
      ]),
    );
  if (dek !== undefined) all.push(`${of('c', 'e')}.dek = ${conditions.value(dek, 'text')}`);
  // A conversation is known to telemetry only.
  if (tag !== undefined) all.push(attempts ? `c.tag = ${conditions.value(tag, 'text')}` : 'FALSE');
  all.push(...(attempts ? await echoOf(tx, conditions, query) : eventsOf(conditions, query)));
  if (principal !== undefined) {
    const own = await isCaller(conditions, principal);
    const crossed = attempts ? await crossedEvents(tx, query, principal) : [];
    const is =
      crossed.length === 0
        ? own
        : `(${own} OR p.event_id = ANY(${conditions.value(crossed, 'text[]')}))`;
    // Most attempts are one caller's: a planner that thought few would be reads them all to find fifty.
    if (!attempts) all.push(own);
    else all.push((await isCommon(tx, query)) ? `coalesce(${is}, FALSE)` : is);
  }
  if (query.echo !== null || [cause, dek, tag].some((value) => value !== undefined))
    conditions.join.add('call');
  if (principal !== undefined) conditions.join.add('event');
  return conditions;
}

async function echoOf(
  tx: Tx,
  conditions: Conditions,
  { echo, eventIds, keys }: CallsQuery,
): Promise<string[]> {
  if (eventIds !== null) return ['FALSE'];
  if (echo === null) return [];
  const { causes, rootFrom, rootTo, generation } = echo;
  const own = [
    `c.root_at >= ${conditions.value(isoOf(rootFrom), 'timestamptz')}`,
    `c.root_at < ${conditions.value(isoOf(rootTo), 'timestamptz')}`,
    await conditions.named('c.root_cause', 'word', causes),
  ];
  if (generation === 'rest') return [`(${own.join(' AND ')}) IS NOT TRUE`];
  return [
    `c.key = ANY(${conditions.value(await keyIds(tx, keys), 'int[]')})`,
    ...own,
    ...(generation === null ? [] : [`c.generation = ${conditions.value(generation, 'int')}`]),
  ];
}

/** Lineage is known to telemetry only. */
const eventsOf = (conditions: Conditions, { echo, eventIds }: CallsQuery): string[] => [
  ...(echo === null ? [] : ['FALSE']),
  ...(eventIds === null ? [] : [`e.id = ANY(${conditions.value(eventIds, 'text[]')})`]),
];

/** Ids of a caller's events that the log has under another key than their attempts do: an index has those. */
async function crossedEvents(tx: Tx, query: CallsQuery, principal: string): Promise<string[]> {
  const conditions = new Conditions(tx);
  const [from, to] = [query.from, query.to].map((at) => conditions.value(isoOf(at), 'timestamptz'));
  const rows = await tx.$queryRawUnsafe<{ id: string }[]>(
    `SELECT e.id FROM pair p JOIN event e ON e.key = p.key AND e.at = p.event_at AND e.id = p.event_id
     WHERE p.event_key <> p.attempt_key AND p.key = p.event_key AND p.at >= ${from} AND p.at < ${to}
       AND ${await isCaller(conditions, principal)}`,
    ...conditions.values,
  );
  return rows.map(({ id }) => id);
}

/** By id or by the name that is shown for it. */
const isCaller = async (conditions: Conditions, principal: string): Promise<string> =>
  `(${await conditions.named('e.principal', 'principal', [principal])}
    OR ${await conditions.named('e.principal_name', 'caller', [principal])})`;

/** Whether so many events of a caller are joined that a page of them is soon found by time. */
async function isCommon(
  tx: Tx,
  { from, to, filters: { principal } }: CallsQuery,
): Promise<boolean> {
  const place = filtered({ ...(principal !== undefined && { principal }) });
  const sums = await readTallies(tx, { ...place, from, to, bucketMs: null, measures: ['events'] });
  return sums.reduce((all, { label, n }) => (label === 'matched' ? all + n : all), 0) >= 10_000;
}

async function attemptFate(conditions: Conditions, query: CallsQuery): Promise<string[]> {
  const { fate, loggedUntil, crossAccountKeys } = query;
  if (fate === 'attempts') return [];
  conditions.join.add('pair');
  if (fate === 'matched') return ['p.event_id IS NOT NULL'];
  if (fate === 'unmatched' && loggedUntil === null) return ['FALSE'];
  const outage = await conditions.named('a.outcome', 'word', ['outage']);
  const refused = await conditions.named('a.outcome', 'word', ['denied', 'wrong-key']);
  const crossed = await conditions.named('a.key', 'key', crossAccountKeys);
  const failedSilently = `(${outage} OR (${refused} AND ${crossed}))`;
  if (fate === 'never-logged') return ['p.event_id IS NULL', 'a.sent', failedSilently];
  const waiting = ['p.event_id IS NULL', 'a.sent', `NOT ${failedSilently}`];
  if (loggedUntil === null) return waiting;
  const logged = conditions.value(isoOf(loggedUntil), 'timestamptz');
  return [...waiting, fate === 'pending' ? `a.at >= ${logged}` : `a.at < ${logged}`];
}

const states = (...names: EventState[]): string =>
  `e.state IN (${names.map(stateCode).join(', ')})`;

async function eventFate(conditions: Conditions, query: CallsQuery): Promise<string[]> {
  const { fate, ours, toldUntil } = query;
  if (fate === 'other') return [states('other')];
  if (fate === 'events') return [states(...foreign)];
  if (fate === 'uses') return [states(...foreign, 'matched')];
  if (fate === 'logged') return [`NOT ${states('copy')}`];
  const isOurs = await conditions.named('e.principal', 'principal', ours);
  const told = Number.isFinite(toldUntil)
    ? [`e.at < ${conditions.value(isoOf(toldUntil), 'timestamptz')}`]
    : [];
  if (fate === 'strangers') return [states(...foreign, 'matched'), `NOT ${isOurs}`, ...told];
  const of = fate === 'lost' ? states('claim-new') : states('unclaimed', 'claim-used');
  return [of, isOurs, ...told];
}
