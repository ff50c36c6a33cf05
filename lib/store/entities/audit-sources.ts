import type { LogGap, LogOrigin, LogReading } from '../../shared/connection-view.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import { idsOf } from '../connection/intern.ts';
import { readOnce } from '../connection/read-once.ts';
import type { Tx } from '../connection/transaction.ts';
import { sourcesOf } from '../event-log/answers.ts';
import { isEventLog } from '../event-log/event-log.ts';

export interface AuditSourceRow {
  id: string;
  kind: string;
  /** `ok`, `behind`, `failed`, `file`; `waiting` before its first reading, `stopped` where nobody asks for it now. */
  status: string;
  message: string | null;
  cursorAt: number | null;
  polledAt: number | null;
  coveredUntil: number | null;
  /** The longest (first seen - event time) of the newest events and a tenth more, ms; null below 20 of them. */
  lagMs: number | null;
}

/** A source with who asked for it and what came of it. */
export interface ConnectionRow extends AuditSourceRow {
  origin: LogOrigin;
  /** Null for files. */
  place: LogPlace | null;
  paused: boolean;
  /** New events in all its readings. */
  events: number;
  reading: LogReading | null;
  gaps: LogGap[];
}

const ms = (column: string, name: string) =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;
const dayMs = 86_400_000;
const lagSample = 2_000;
const lagSampleMin = 20;

/** Every audit source with how far it was read and the delivery lag learnt from its own events. */
export async function readAuditSources(tx: Tx): Promise<ConnectionRow[]> {
  if (isEventLog(tx)) return sourcesOf(tx);
  return readOnce(tx, 'audit sources', () => readSources(tx));
}

async function readSources(tx: Tx): Promise<ConnectionRow[]> {
  const sources = await tx.$queryRawUnsafe<Omit<ConnectionRow, 'lagMs'>[]>(sourcesSql);
  const polled = sources.filter(({ polledAt }) => polledAt !== null);
  const ids = await idsOf(
    tx,
    'source',
    polled.map(({ id }) => id),
  );
  const known = polled.flatMap(({ id, polledAt }) => {
    const source = ids.get(id);
    return source === undefined ? [] : [{ source, since: (polledAt ?? 0) - dayMs }];
  });
  const lags =
    known.length === 0
      ? []
      : await tx.$queryRawUnsafe<{ source: number; lagMs: number | null }[]>(
          known.map(({ source }, no) => lagSql(source, `$${no + 1}`)).join(' UNION ALL '),
          ...known.map(({ since }) => new Date(since).toISOString()),
        );
  const lagOf = new Map(lags.map(({ source, lagMs }) => [source, lagMs]));
  return sources.map((source) => ({
    ...source,
    lagMs: lagOf.get(ids.get(source.id) ?? 0) ?? null,
  }));
}

const sourcesSql = `SELECT id, kind, status, message, ${ms('cursor_at', 'cursorAt')}, ${ms('polled_at', 'polledAt')},
    ${ms('covered_until', 'coveredUntil')}, origin, place, paused, events::float8 AS events, reading, gaps
  FROM audit_source ORDER BY id`;

// Of the events themselves, without the names that their views join: this is asked each second.
const lagSql = (source: number, since: string) => `SELECT ${source} AS source,
    CASE WHEN count(*) >= ${lagSampleMin} THEN max(lag) * 1.1 END AS "lagMs"
  FROM (SELECT (extract(epoch FROM (e.seen_at - e.at)) * 1000)::float8 AS lag FROM event e
    WHERE e.source = ${source} AND e.role = 0 AND e.seen_at IS NOT NULL AND e.at >= ${since}::timestamptz
    ORDER BY e.at DESC LIMIT ${lagSample}) recent`;

/** How one reading went; what is null stays as it was, and `coveredUntil` never goes back. */
export type SourceProgress = Omit<AuditSourceRow, 'lagMs'> & {
  updatedAt: number;
  origin?: LogOrigin;
  place?: LogPlace | null;
  /** New events to add. */
  added?: number;
  reading?: LogReading | null;
  gaps?: readonly LogGap[] | null;
};

/** Records a source's progress, and the source itself where it is new. */
export const writeAuditSource = (tx: Tx, source: SourceProgress): Promise<void> =>
  write(tx, source, '');

/** The same of a source that is there; one that was removed meanwhile stays away. */
export const updateAuditSource = (tx: Tx, source: SourceProgress): Promise<void> =>
  write(tx, source, 'WHERE EXISTS (SELECT 1 FROM audit_source WHERE id = $1)');

async function write(tx: Tx, source: SourceProgress, condition: string): Promise<void> {
  const at = (instant: number | null) =>
    instant === null ? null : new Date(instant).toISOString();
  const json = (value: unknown) => (value == null ? null : JSON.stringify(value));
  await tx.$executeRawUnsafe(
    `INSERT INTO audit_source (id, kind, status, message, cursor_at, polled_at, covered_until, updated_at, origin,
       place, events, reading, gaps)
     SELECT $1, $2, $3, $4, $5::timestamptz, $6::timestamptz, $7::timestamptz, $8::timestamptz,
       coalesce($9, 'environment'), $10::jsonb, $11::bigint, $12::jsonb, coalesce($13::jsonb, '[]') ${condition}
     ON CONFLICT (id) DO UPDATE SET status = excluded.status, message = excluded.message,
       cursor_at = coalesce(excluded.cursor_at, audit_source.cursor_at),
       polled_at = coalesce(excluded.polled_at, audit_source.polled_at),
       covered_until = greatest(excluded.covered_until, audit_source.covered_until),
       updated_at = excluded.updated_at, origin = coalesce($9, audit_source.origin),
       place = coalesce(excluded.place, audit_source.place),
       events = audit_source.events + excluded.events,
       reading = coalesce(excluded.reading, audit_source.reading),
       gaps = coalesce($13::jsonb, audit_source.gaps)`,
    source.id,
    source.kind,
    source.status,
    source.message,
    at(source.cursorAt),
    at(source.polledAt),
    at(source.coveredUntil),
    at(source.updatedAt),
    source.origin ?? null,
    json(source.place),
    source.added ?? 0,
    json(source.reading),
    json(source.gaps),
  );
}

/** @returns whether there is such a source. */
export async function pauseSource(tx: Tx, id: string, paused: boolean): Promise<boolean> {
  return (
    (await tx.$executeRawUnsafe(
      'UPDATE audit_source SET paused = $2::boolean WHERE id = $1',
      id,
      paused,
    )) > 0
  );
}

/** Forgets a source; what came of it stays. */
export async function deleteSource(tx: Tx, id: string): Promise<void> {
  await tx.$executeRawUnsafe('DELETE FROM audit_source WHERE id = $1', id);
}

/** Forgets all sources that one asked for. */
export async function deleteSourcesOf(tx: Tx, origin: LogOrigin): Promise<void> {
  await tx.$executeRawUnsafe('DELETE FROM audit_source WHERE origin = $1', origin);
}
