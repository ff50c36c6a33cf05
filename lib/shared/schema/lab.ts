/** What `/api/lab` takes and answers: the schemas of the types in lab/lab-view.ts. */
import { z } from 'zod';
import {
  ageClasses,
  type LabsView,
  type LabView,
  labActKinds,
  labBounds,
  labClouds,
  labKeyNames,
  labPresets,
  labScenarioIds,
  labSpreads,
} from '../lab/lab-view.ts';

const whole = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

/** What a lab is begun with. */
export const labConfigShape = z.strictObject({
  cloud: z.enum(labClouds),
  preset: z.enum(labPresets),
  ttlMinutes: whole(labBounds.ttlMinutes),
  processes: whole(labBounds.processes),
  spread: z.enum(labSpreads),
  seed: whole(labBounds.seed),
  scenario: z.enum(labScenarioIds).nullable(),
});

/** What a lab can be told. */
export const labOrderShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('act'),
    act: z.strictObject({
      kind: z.enum(labActKinds),
      key: z.string().max(2_048).optional(),
      spread: z.enum(labSpreads).optional(),
    }),
  }),
  z.strictObject({ kind: z.literal('speed'), speed: z.number() }),
  // Whether that makes sense is the lab's to say.
  z.strictObject({ kind: z.literal('skip'), ms: z.number() }),
  z.strictObject({ kind: z.literal('next'), step: z.int().min(0) }),
  z.strictObject({ kind: z.literal('end') }),
]);

const at = z.number().nullable();
const keyState = z.enum(['enabled', 'disabled', 'pending-deletion', 'gone']);

const keyShape = z.object({
  name: z.enum(labKeyNames),
  uri: z.string(),
  asked: keyState,
  inForce: keyState,
  permitted: z.object({ asked: z.boolean(), inForce: z.boolean() }),
  inForceAt: at,
  goneAt: at,
  materials: z.number(),
});

const processShape = z.object({
  process: z.string(),
  leases: z.number(),
  lastLeaseEndsAt: at,
  isTaken: z.boolean().describe('Whether the KMS would refuse it any stored DEK now.'),
  lastUseBy: at.describe('The last possible use of what the KMS would refuse it now.'),
  sessionEndsAt: z.number(),
  lastSuccessAt: at,
  lastDeniedAt: at,
  readable: z.number().describe('Distinct DEKs of stored messages that it could read now.'),
});

const dataShape = z.object({
  key: z.enum(labKeyNames),
  age: z.enum(ageClasses),
  deks: z.number(),
  messages: z.number(),
  readableByAll: z.number(),
  readableByAny: z.number(),
});

const bucketShape = z.object({
  from: z.number(),
  messages: z.object({
    ok: z.number(),
    denied: z.number(),
    'wrong-key': z.number(),
    outage: z.number(),
  }),
  causes: z.record(z.string(), z.number()),
});

const auditShape = z.object({
  number: z.number().describe('Of the log, from 1.'),
  at: z.number(),
  arrivesAt: z.number().describe('When it is in the log.'),
  operation: z.string(),
  by: z.string(),
  error: z.string().nullable(),
});

const turnShape = z.object({
  number: z.number().describe('From 1.'),
  at: z.number(),
  kind: z.enum(['done', 'refused', 'seen']),
  text: z.string(),
});

const checkShape = z.object({
  at: z.number(),
  reads: z.number(),
  saidReadable: z.number(),
  readReadable: z.number(),
  differing: z.number(),
  messages: z.number(),
  readableMessages: z.number(),
});

const revocationShape = z.object({
  kind: z.enum(labActKinds),
  at: z.number(),
  promisedBy: z.number(),
  darkAt: at,
  undoneAt: at,
});

export const labViewShape: z.ZodType<LabView> = z
  .object({
    id: z.string(),
    config: labConfigShape,
    ttlMs: z.number(),
    propagationMs: z.number(),
    startedAt: z.number(),
    now: z.number(),
    speed: z.number(),
    isRunning: z.boolean(),
    behindMs: z.number(),
    step: z.number(),
    stepEndsAt: at,
    keys: z.array(keyShape),
    registered: z.object({
      via: z.enum(['alias', 'id']),
      key: z.enum(labKeyNames),
      uri: z.string(),
    }),
    trusted: z.boolean(),
    kms: z.enum(['open', 'cut-off', 'throttled']),
    spread: z.enum(labSpreads),
    processes: z.array(processShape),
    data: z.array(dataShape),
    bucketMs: z.number(),
    buckets: z.array(bucketShape),
    audit: z.array(auditShape),
    auditCounts: z.object({ arrived: z.number(), onTheirWay: z.number() }),
    residual: z.number(),
    lateReleases: z.number(),
    turns: z.array(turnShape),
    checks: z.array(checkShape),
    revocations: z.array(revocationShape),
  })
  .meta({ id: 'LabView', description: 'A lab: instants are of its own clock.' });

export const labsViewShape: z.ZodType<LabsView> = z
  .object({
    state: z.enum(['none', 'laying', 'ready']),
    labs: z.array(z.object({ id: z.string(), config: labConfigShape, now: z.number() })),
  })
  .meta({ id: 'LabsView' });
