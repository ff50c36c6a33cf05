import { createHash } from 'node:crypto';
import type { AuditRecord } from '../domain/audit-record.ts';
import { instantEnd, instantMin } from '../domain/instant-range.ts';
import type { IgnoredReason, RejectedCode } from '../domain/intake-codes.ts';
import { tupleKey } from '../shared/tuple-key.ts';
import { textBytesMax } from './bounded-text.ts';
import { parseEventTime, whyNoInstant } from './cloudtrail/event-time.ts';

/** What one record of any cloud's audit log was found to be. */
export type Parsed =
  | { kind: 'record'; record: AuditRecord }
  | { kind: 'ignored'; reason: IgnoredReason }
  | RefusedRecord;

export interface RefusedRecord {
  kind: 'rejected';
  code: RejectedCode;
  reason: string;
}

export function refused(code: RejectedCode, reason: string): RefusedRecord {
  return { kind: 'rejected', code, reason };
}

export interface EventTime {
  /** Epoch ms, cut. */
  at: number;
  /** As the log wrote it. */
  time: string;
  resolutionMs: number;
}

/** The instant that a record's field `name` gives, or why it is refused. */
export function timeOf(name: string, value: unknown): EventTime | RefusedRecord {
  if (value === undefined || value === null || value === '')
    return refused('missing-field', `no ${name}: the event cannot be placed in time`);
  const at = parseEventTime(value);
  const named = `${name} ${shown(value)}`;
  if (at === null) return refused('time', `${named} is no instant: ${whyNoInstant(value)}`);
  if (at < instantMin || at >= instantEnd)
    return refused('time', `${named} lies outside 2006 to 2100: check its unit and year`);
  const time = String(value);
  const digits = /[.,]/.test(time) ? (/\d[.,](\d{1,9})/.exec(time)?.[1]?.length ?? 0) : 0;
  return { at, time, resolutionMs: 1000 / 10 ** digits };
}

export const isRefusal = (value: object): value is RefusedRecord =>
  'kind' in value && value.kind === 'rejected';

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? JSON.stringify(value).slice(0, 50)
    : `of type ${typeof value}`;
}

/** The record's text as it is kept: given, else written out again; or why it cannot be. */
export function keptText(value: unknown, raw: string | undefined): string | RefusedRecord {
  const json = raw ?? written(value);
  if (json === null)
    return refused('invalid', 'nested too deeply to be kept: no audit log writes such a record');
  if (Buffer.byteLength(json) > textBytesMax.record)
    return refused('too-large', 'longer than 1 MiB: no audit log writes a record beyond 256 KiB');
  return json;
}

/** JSON.parse survives nesting that JSON.stringify, being recursive, does not. */
function written(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/** An id for an event whose log gives it none: the same for the same content. */
export function contentId(...content: readonly (string | number | null)[]): string {
  return createHash('sha256')
    .update(tupleKey(...content))
    .digest('base64url');
}

/** What is read of a record under other names than its own. */
export type NamedReads<From> = readonly (readonly [name: string, of: (from: From) => unknown])[];

/** Those of the values that are there, as text. */
export function present<From>(from: From, reads: NamedReads<From>): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const [name, of] of reads) {
    const value = of(from);
    if (value !== undefined && value !== null && value !== '' && typeof value !== 'object')
      pairs.push([name, String(value)]);
  }
  return pairs;
}
