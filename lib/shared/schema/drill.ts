/** What the API answers about a revocation that was: when, how, and how long it took to bite. Instants are epoch ms. */
import { z } from 'zod';

export const drillVerdictShape = z.enum(['pass', 'fail', 'not-proven']);

export const revokedHowShape = z.enum([
  'key-state',
  'destroy',
  'policy',
  'grant',
  'iam',
  'trust',
  'alias',
]);

/** Why a verdict is what it is; lib/shared/drill-words.ts has the words. */
export const drillCodeShape = z.enum([
  'kept',
  'used-late',
  'no-telemetry',
  'others',
  'telemetry-gap',
  'telemetry-ends',
  'telemetry-untold',
  'ttl-untold',
  'too-close',
  'restored-first',
  'still-granted',
  'nothing-asked',
  'not-refused',
  'decrypt-not-refused',
  'alias',
  'nobody-used',
  'maybe',
  'log-starts-late',
  'log-gap',
  'log-off',
]);

export const drillReasonShape = z.object({
  code: drillCodeShape,
  who: z.string().nullable().describe('The process or session it is about.'),
  at: z.number().nullable(),
  n: z.number(),
});

export const drillChangeShape = z.object({
  eventId: z.string(),
  at: z.number(),
  operation: z.string(),
  by: z.string(),
  how: revokedHowShape,
});

export const drillCallerShape = z
  .object({
    name: z.string(),
    principal: z.string().nullable(),
    told: z.boolean().describe('Telemetry tells what it held.'),
    lastSuccessAt: z
      .number()
      .nullable()
      .describe('Its last request that succeeded before it was undone.'),
    firstDeniedAt: z.number().nullable().describe('Its first that was refused since.'),
    denied: z.number(),
    lastUseMinute: z
      .number()
      .nullable()
      .describe('Its last minute with a use of a data key; null where that is not told.'),
    darkBy: z
      .number()
      .nullable()
      .describe('By then it held no data key; of the log alone, if the promise was kept.'),
  })
  .meta({ id: 'DrillCaller' });

export const oneDrillShape = z
  .object({
    revoked: drillChangeShape,
    resolutionMs: z
      .number()
      .describe('The log’s own: it was revoked within so many ms after `revoked.at`.'),
    also: z.array(drillChangeShape).describe('Others that came before it was undone.'),
    restored: drillChangeShape.nullable(),
    callers: z.array(drillCallerShape),
    cloud: z.object({
      lastYesAt: z
        .number()
        .nullable()
        .describe('The last request that the cloud still granted; null where it granted none.'),
      firstNoAt: z.number().nullable(),
      atLeastMs: z.number().describe('How long the cloud took to obey, as far as requests show.'),
      atMostMs: z.number().nullable(),
    }),
    darkBy: z
      .number()
      .nullable()
      .describe('By then no process that is told of held a data key; null where one may still.'),
    timeToDarkMs: z.number().nullable(),
    cacheMs: z
      .number()
      .nullable()
      .describe('Of that what cached keys account for: after the cloud’s last yes.'),
    verdict: drillVerdictShape,
    reasons: z.array(drillReasonShape).describe('Those that decide first.'),
  })
  .meta({ id: 'Drill', description: 'One revocation, until it was undone.' });

export const drillViewShape = z
  .object({
    key: z.string(),
    state: z
      .enum(['drilled', 'no-event', 'refused-untold'])
      .describe(
        '`no-event`: nothing in the log revokes it. `refused-untold`: it is refused, and no event tells why.',
      ),
    promise: z.object({ ttlMs: z.number(), from: z.enum(['told', 'telemetry', 'preset']) }),
    log: z.object({ from: z.number(), to: z.number() }).nullable(),
    telemetry: z.boolean(),
    refusalsAbsent: z.boolean().describe('The log lacks refusals of callers from other accounts.'),
    drills: z.array(oneDrillShape).describe('Oldest first.'),
    refused: z
      .object({ lastYesAt: z.number(), firstNoAt: z.number(), n: z.number() })
      .nullable()
      .describe('Of `refused-untold`: it was taken between these two.'),
  })
  .meta({ id: 'DrillView' });
