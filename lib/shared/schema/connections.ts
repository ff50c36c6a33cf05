/** What `/api/connections` answers: the schemas of the types in connection-view.ts. */
import { z } from 'zod';
import {
  type ConnectionsView,
  type GapCode,
  gapWords,
  sourceStates,
  type TriedView,
} from '../connection-view.ts';

// The table is written there, whole: it has these keys and no others.
const gapCodes = Object.keys(gapWords) as GapCode[];
export const gapShape = z.object({ code: z.enum(gapCodes), evidence: z.string(), fix: z.string() });

const placeShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cloudtrail'), region: z.string() }),
  z.object({ kind: z.literal('s3'), bucket: z.string(), region: z.string() }),
  z.object({ kind: z.literal('lake'), store: z.string(), region: z.string() }),
  z.object({ kind: z.literal('cloud-logging'), project: z.string() }),
  z.object({ kind: z.literal('azure-monitor'), workspace: z.string() }),
  z.object({ kind: z.literal('azure-blobs'), container: z.string() }),
  z.object({ kind: z.literal('folder'), folder: z.string() }),
]);

const connectionShape = z
  .object({
    id: z.string(),
    kind: z.string(),
    origin: z.enum(['page', 'environment', 'sandbox', 'file']),
    place: placeShape.nullable(),
    state: z.enum(sourceStates),
    message: z.string().nullable(),
    coveredUntil: z.number().nullable(),
    polledAt: z.number().nullable(),
    lagMs: z.number().nullable(),
    events: z.number().describe('New events in all its readings.'),
    reading: z
      .object({
        records: z.number(),
        added: z.number(),
        ignored: z.number(),
        refused: z.number(),
      })
      .nullable()
      .describe('What the last reading gave.'),
    gaps: z.array(gapShape),
    check: z
      .object({
        at: z.number(),
        knownBy: z.string().nullable(),
        claimIn: z.string().nullable(),
        afterMs: z.number().nullable(),
      })
      .nullable()
      .describe('What one marked Encrypt showed; null where none was made.'),
  })
  .meta({ id: 'ConnectionView' });

export const connectionsViewShape: z.ZodType<ConnectionsView> = z
  .object({
    now: z.number(),
    sources: z.array(connectionShape),
    gaps: z.array(gapShape).describe('Keys that telemetry tells of and no source covers.'),
    processes: z
      .array(
        z.object({
          process: z.string(),
          boots: z.number(),
          startedAt: z.number().describe('Of its newest boot; in the data’s own time.'),
          silentMs: z.number().nullable(),
          closed: z.boolean(),
        }),
      )
      .describe('Newest first.'),
    tokenAt: z.string().describe('Where the ingest token is.'),
  })
  .meta({ id: 'ConnectionsView' });

export const triedViewShape: z.ZodType<TriedView> = z
  .union([
    z.object({
      ok: z.literal(true),
      events: z.number().describe('KMS events of the last hour.'),
      principals: z.number(),
      ignored: z.number(),
      refused: z.number(),
      behind: z.string().nullable(),
      gaps: z.array(gapShape),
    }),
    z.object({ ok: z.literal(false), message: z.string(), gaps: z.array(gapShape) }),
  ])
  .meta({ id: 'TriedView', description: 'What a look at a log found.' });
