/** What traces and metrics have in common: groups by sender, and a broken item that costs only itself. */
import { AppError } from '../domain/app-error.ts';
import type { BootRecord, TelemetryBatch } from '../domain/telemetry-record.ts';
import { textBytesMax } from '../sources/bounded-text.ts';
import {
  type Attributes,
  attributesOf,
  FieldFault,
  instant,
  isObject,
  items,
  type Origin,
  optionalText,
  optionalWhole,
  originOf,
} from './otlp-fields.ts';

/** How one signal's requests are built, and which of its items are Keytide's whoever sends them. */
export interface Shape {
  groups: string;
  scopes: string;
  items: string;
  isOwn(item: unknown): boolean;
  /** What `partialSuccess` counts in an item. */
  size(item: unknown): number;
}

export function eachGroup(
  body: unknown,
  shape: Shape,
  batch: TelemetryBatch,
  take: (origin: Origin, item: unknown) => void,
): void {
  for (const group of groupsOf(body, shape)) {
    guarded(batch, () => {
      if (!isObject(group)) throw new FieldFault(`${shape.groups} holds what is no object`);
      const found: unknown[] = [];
      for (const scope of items(group[shape.scopes], shape.scopes))
        guarded(batch, () => {
          if (!isObject(scope)) throw new FieldFault(`${shape.scopes} holds what is no object`);
          for (const item of items(scope[shape.items], shape.items)) found.push(item);
        });
      const sender = senderOf(group.resource);
      if (sender === null || typeof sender === 'string') {
        const own = found.filter((item) => sender !== null || shape.isOwn(item));
        const reason =
          sender ?? 'the resource lacks keytide.process: something on the way took it off';
        const n = own.reduce((sum: number, item) => sum + shape.size(item), 0);
        if (n > 0 || sender !== null) reject(batch, reason, Math.max(1, n));
        return;
      }
      batch.boots.push(sender);
      const origin = { process: sender.process, boot: sender.boot };
      for (const item of found) guarded(batch, () => take(origin, item));
    });
  }
}

export const emptyBatch = (): TelemetryBatch => ({
  boots: [],
  calls: [],
  attempts: [],
  operations: [],
  deks: [],
  rejected: 0,
  reasons: [],
});

/** An empty object is an empty request; an object with anything else is no such request. */
function groupsOf(body: unknown, { groups }: Shape): unknown[] {
  const isEmpty = isObject(body) && (Object.hasOwn(body, groups) || Object.keys(body).length === 0);
  const found = isObject(body) ? (body[groups] ?? (isEmpty ? [] : null)) : null;
  if (!Array.isArray(found)) {
    throw new AppError('bad-request', `The body is no OTLP request: ${groups} must be an array.`);
  }
  return found;
}

/** Who sent a group; what is wrong with what it says of itself; null where it is another service. */
function senderOf(resource: unknown): BootRecord | string | null {
  try {
    return isKeytide(resource) ? bootOf(originOf(resource), resource) : null;
  } catch (error) {
    if (error instanceof FieldFault) return error.message;
    throw error;
  }
}

function bootOf(origin: Origin, resource: unknown): BootRecord {
  const attributes = attributesOf(isObject(resource) ? resource.attributes : undefined);
  const startedAt = optionalWhole(attributes, 'keytide.started_at');
  return {
    ...origin,
    startedAt: startedAt === null ? null : instant(startedAt, 'keytide.started_at'),
    ttlMs: optionalWhole(attributes, 'keytide.ttl_ms'),
    dekRotationMs: optionalWhole(attributes, 'keytide.dek_rotation_ms'),
    ...versionOf(attributes),
    tells: attributes.get('keytide.telemetry.complete') === true,
  };
}

/** OpenTelemetry's own name for it; the host's or a collector's to add. */
function versionOf(attributes: Attributes): { version?: string } {
  // What is no text is somebody else's habit, no reason to refuse the telemetry.
  if (typeof attributes.get('service.version') !== 'string') return {};
  const version = optionalText(attributes, 'service.version', textBytesMax.word);
  return version ? { version } : {};
}

function isKeytide(resource: unknown): boolean {
  const attributes = attributesOf(isObject(resource) ? resource.attributes : undefined);
  return [...attributes.keys()].some((name) => name.startsWith('keytide.'));
}

const reasonsMax = 10;

export function guarded(batch: TelemetryBatch, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof FieldFault)) throw error;
    reject(batch, error.message, 1);
  }
}

export function reject(batch: TelemetryBatch, reason: string, n: number): void {
  batch.rejected += n;
  const known = batch.reasons.includes(reason);
  if (!known && batch.reasons.length < reasonsMax) batch.reasons.push(reason);
}
