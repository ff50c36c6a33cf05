/** What `/api/spikes` and `/api/spikes/<id>` answer. Instants: epoch ms UTC; intervals `[from, to)` in minutes. */
import { z } from 'zod';
import { spikeDimensions } from '../spike-dimensions.ts';
import { countsShape, sentenceLinkShape, timeWindowShape } from './window.ts';

export const spikeUnitShape = z.enum(['calls', 'events']).meta({
  id: 'SpikeUnit',
  description:
    "What a spike is of: `calls` where the engine's telemetry tells, else `events` of the audit log.",
});

export const dropCauseShape = z
  .object({
    kind: z.enum(['log-off', 'revalidation-stopped', 'service-gone', 'unknown']),
    evidence: z.array(z.string()),
  })
  .meta({ id: 'DropCause', description: 'Why requests fell, and what tells it, in words.' });

export const rootKindShape = z
  .enum([
    'deploy',
    'reopened',
    'fan-out',
    'rotation',
    'eviction',
    'recovery',
    'first-use',
    'validation',
    'other',
  ])
  .meta({
    id: 'RootKind',
    description:
      'What began it. `first-use`: DEKs or processes seen for the first time, with no deploy near.',
  });

const fanOutOfShape = z
  .enum(['reopened', 'rotation'])
  .nullable()
  .describe('Of a fan-out: what the first process did that the others followed, where it shows.');

export const echoOriginShape = z
  .object({
    kind: rootKindShape,
    fanOutOf: fanOutOfShape,
    cause: z.string().describe("The cohort's own cause."),
    at: z.number().describe('When its first load was.'),
    processes: z.number().describe('How many processes took part in it.'),
    generation: z
      .number()
      .describe('Which echo the spike is: 0 is the cohort itself, 1 its first re-validation.'),
    calls: z
      .number()
      .describe('Calls of the spike that go back to it, and their share of the spike in [0, 1].'),
    share: z.number(),
  })
  .meta({
    id: 'EchoOrigin',
    description: 'The load cohort that most of a spike goes back to, by lineage.',
  });

export const echoStepShape = z
  .object({
    generation: z.number(),
    from: z.number(),
    to: z.number(),
    mid: z.number().describe('The instant of its middle call: half came before it.'),
    calls: z.number(),
  })
  .meta({
    id: 'EchoStep',
    description: 'One link of an echo chain: the calls of one generation after the root.',
  });

export const echoAheadShape = echoStepShape
  .omit({ mid: true })
  .extend({
    isMost: z
      .boolean()
      .describe(
        'Fewer than two echoes are over: `calls` are all leases that hold, the most there can be.',
      ),
  })
  .meta({
    id: 'EchoAhead',
    description:
      'An echo that is still to come, by lineage and leases: when leases end, and how many calls about.',
  });

export const spikeViewShape = z
  .object({
    direction: z
      .enum(['spike', 'drop'])
      .describe(
        'A `drop` has fewer requests than expected: its excess is negative, and `drop` says why.',
      ),
    drop: dropCauseShape.nullable(),
    id: z
      .string()
      .describe(
        'Names its interval, as in `20261124T1403-20261124T1406`; key and workspace are beside it in the query.',
      ),
    href: z.string().describe("The dashboard's page about it, with key and workspace."),
    unit: spikeUnitShape,
    from: z.number(),
    to: z.number(),
    key: z.string(),
    workspace: z.string().nullable().describe('Null for a spike of the whole key.'),
    calls: z.number(),
    expected: z.number().describe('What the baseline expects in this interval.'),
    excess: z.number().describe('`calls - expected`.'),
    peakMinute: z.number(),
    peak: z.number(),
    pValue: z
      .number()
      .describe('How likely a minute as busy as the peak would be by chance, at most.'),
    causes: countsShape.describe('Sums to `calls`.'),
    mainCause: z.string(),
    mainShare: z.number().describe('In [0, 1].'),
    echo: echoOriginShape.nullable(),
    echoes: z
      .array(echoOriginShape)
      .describe(
        'Every earlier cohort with enough calls in it to name: what the spike is an echo of. The largest first.',
      ),
    chain: z
      .array(echoStepShape)
      .describe('The cohort of `echo` from its root on, by generation; empty for no cohort.'),
    sentence: z
      .string()
      .describe(
        '"2026-11-24 14:03 UTC: 1,912 requests; 1,640 are the second echo of the 2026-11-24 12:01 UTC deploy of 6 processes."',
      ),
  })
  .meta({ id: 'SpikeView' });

const spikeDimensionShape = z.enum(spikeDimensions);

export const spikePartShape = z
  .object({
    value: z
      .string()
      .describe(
        'What a filter takes; empty for those beyond the listed ones and those without a value.',
      ),
    label: z.string(),
    calls: z.number(),
    share: z.number().describe('In [0, 1].'),
    href: z.string().exactOptional().describe('Absent where no rows are kept.'),
  })
  .meta({ id: 'SpikePart', description: "One value's part of a spike." });

export const spikeBreakdownShape = z
  .object({
    dimension: spikeDimensionShape,
    parts: z.array(spikePartShape),
  })
  .meta({ id: 'SpikeBreakdown', description: "Parts that sum to the spike's count." });

export const spikeCombinationShape = z
  .object({
    values: z
      .partialRecord(spikeDimensionShape, z.string())
      .describe("Such as `{process: 'engine-2', workspace: 'legal'}`."),
    calls: z.number(),
    rate: z.number().describe('Calls per minute within the spike, and around it.'),
    rateAround: z.number(),
    share: z.number().describe("Share of the spike's excess that it covers, in [0, 1]."),
    pValue: z.number(),
  })
  .meta({
    id: 'SpikeCombination',
    description:
      'Attributes that calls of the spike share more often than those around it, at rates per equal time.',
  });

export const spikeMinuteShape = z
  .object({
    minute: z.number(),
    calls: z.number(),
    expected: z.number(),
    causes: countsShape,
  })
  .meta({ id: 'SpikeMinute' });

export const spikeDetailShape = spikeViewShape
  .extend({
    breakdowns: z.array(spikeBreakdownShape),
    combinations: z.array(spikeCombinationShape),
    minutes: z
      .array(spikeMinuteShape)
      .describe("The spike's minutes and enough around it to compare."),
    examined: z
      .number()
      .describe('Calls that were looked at; fewer than `calls` where it is a sample.'),
    ahead: z.array(echoAheadShape).describe('What is still to come of the cohort of `echo`.'),
    links: z.array(sentenceLinkShape).describe("Of its sentence's numbers."),
    sumsBefore: z
      .number()
      .nullable()
      .describe(
        'Where its calls are past retention: the instant before which there are sums only.',
      ),
  })
  .meta({ id: 'SpikeDetail' });

export const cohortAheadShape = z
  .object({
    href: z.string().describe('The newest of its spikes on the dashboard.'),
    kind: rootKindShape,
    fanOutOf: fanOutOfShape,
    at: z.number().describe('When its first load was.'),
    ahead: z.array(echoAheadShape),
  })
  .meta({ id: 'CohortAhead', description: 'What is still to come of one load cohort.' });

export const spikesViewShape = z
  .object({
    window: timeWindowShape,
    now: z.number(),
    coveredUntil: z.number().nullable(),
    spikes: z.array(spikeViewShape).describe('Largest excess first.'),
    more: z.number().describe('How many more were found than are listed.'),
    ahead: z
      .array(cohortAheadShape)
      .describe(
        'Where the window ends now or half an hour ago at most: the next echoes, the soonest first.',
      ),
    bucketMs: z.number().describe('What was counted, minute by minute at most 1,500 points.'),
    buckets: z.array(
      z.object({
        start: z.number(),
        calls: z.number(),
        expected: z.number(),
        incomplete: z.boolean(),
      }),
    ),
    unit: spikeUnitShape,
    sentence: z.string().describe('One sentence that answers.'),
    links: z.array(sentenceLinkShape).describe('Of its numbers.'),
  })
  .meta({ id: 'SpikesView' });
