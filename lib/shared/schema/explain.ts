/** What `/api/explain` answers. */
import { z } from 'zod';
import { sourceStates } from '../connection-view.ts';
import {
  busyHourShape,
  causeBucketShape,
  closedFormShape,
  comparisonShape,
  costShape,
  ledgerShape,
  perMessageShape,
  waterfallStepShape,
} from './ledger.ts';
import { adviceShape, helpShape, logFindingShape, promiseViewShape } from './log.ts';
import { patternViewShape } from './pattern.ts';
import { spikeViewShape } from './spikes.ts';
import { countsShape, sentenceLinkShape, timeWindowShape } from './window.ts';

export const sourceCoverageShape = z
  .object({
    id: z.string(),
    kind: z.string(),
    status: z.enum(sourceStates),
    message: z.string().nullable().describe('What to do, where the status is not ok.'),
    coveredUntil: z.number().nullable().describe('Everything before this instant is in.'),
    polledAt: z.number().nullable(),
    lagMs: z
      .number()
      .nullable()
      .describe(
        'The longest recent delay between an event and our first sight of it, plus a tenth; null until learnt.',
      ),
  })
  .meta({
    id: 'SourceCoverage',
    description: 'How far an audit source has been read, and how late its events come.',
  });

export const retentionShape = z
  .object({
    days: z.number().nullable().describe('Null where it has been switched off.'),
    keptFrom: z
      .number()
      .describe('Before this instant there are sums only, and no record is taken any more.'),
  })
  .meta({ id: 'Retention', description: 'How long calls and events are kept one by one.' });

export const principalUseShape = z
  .object({
    kind: z
      .enum(['stranger', 'suspect', 'own', 'unknown'])
      .describe(
        '`stranger`: another principal. `suspect`: our principal, but no call of ours. Of a log alone `own`, as somebody said, or `unknown` where nobody did.',
      ),
    principal: z.string(),
    name: z.string(),
    key: z.string(),
    events: z.number(),
    firstAt: z.number(),
    lastAt: z.number(),
    sourceIps: z.array(z.string()).describe('Some of its addresses.'),
    addresses: z.number().describe('How many addresses it has, at least.'),
    services: z
      .array(z.string())
      .describe('Cloud services that asked on its behalf, as the log names them.'),
    operations: countsShape,
  })
  .meta({
    id: 'PrincipalUse',
    description: 'Use of the key by someone other than our own engines.',
  });

export const explainFilterShape = z
  .object({
    workspace: z.string().exactOptional(),
    key: z.string().exactOptional(),
    principal: z
      .string()
      .exactOptional()
      .describe("A principal's id: shows only its events, even where there is telemetry."),
    process: z.string().exactOptional(),
  })
  .meta({ id: 'ExplainFilter', description: 'What the explanation is of; absent ones mean all.' });

export const alarmShape = z
  .object({
    id: z.enum(['denials', 'key', 'outages', 'failures', 'suspects', 'residual', 'log', 'drop']),
    tone: z.enum(['bad', 'warn']),
    text: z.string(),
    links: z.array(sentenceLinkShape),
  })
  .meta({ id: 'Alarm', description: 'Something more serious than any saving, in one sentence.' });

export const logCausesShape = z
  .object({
    examined: z.number().describe('Events looked at; fewer than `of` where it is a sample.'),
    of: z.number(),
    causes: z.array(
      z.object({
        cause: z.string(),
        events: z.number(),
        how: z
          .enum(['claimed', 'inferred'])
          .describe(
            "`claimed`: as the event's own claim says. `inferred`: from its context, session, address and time.",
          ),
        confidence: z
          .number()
          .describe('In [0, 1]: how sure the inference is, on average; 1 for claims.'),
      }),
    ),
  })
  .meta({
    id: 'LogCauses',
    description: 'Causes read from the audit log itself, where there is no telemetry.',
  });

export const explainViewShape = z
  .object({
    window: timeWindowShape,
    filter: explainFilterShape,
    choices: z
      .object({
        workspaces: z.array(z.string()),
        keys: z.array(z.string()),
        principals: z
          .array(
            z.object({
              id: z.string(),
              name: z.string(),
            }),
          )
          .describe('Only for a log alone; otherwise telemetry tells processes.'),
        processes: z.array(z.string()),
        more: z
          .object({
            workspaces: z.number(),
            keys: z.number(),
            principals: z.number(),
            processes: z.number(),
          })
          .describe('How many more there are of each than are listed.'),
      })
      .describe('What the screen may offer as filters, most calls first.'),
    comparisons: z.array(comparisonShape),
    closedForm: closedFormShape.nullable(),
    costs: z.array(costShape),
    perMessage: perMessageShape,
    logCauses: logCausesShape.nullable(),
    logFindings: z
      .array(logFindingShape)
      .nullable()
      .describe('The designs in the log, most requests first; null where there is telemetry.'),
    pattern: patternViewShape
      .pick({ period: true, lines: true, sentences: true })
      .nullable()
      .describe('Whether requests repeat, for a log alone; otherwise `/api/pattern` tells.'),
    advice: z.array(adviceShape).describe('What to change, most saving first.'),
    promise: promiseViewShape.nullable().describe('Null where there is telemetry.'),
    helps: z
      .array(helpShape)
      .describe('What a person could tell of the service; none where there is telemetry.'),
    now: z
      .number()
      .describe("The newest instant of the data's own clock; sandbox time where the sandbox runs."),
    elsewhere: timeWindowShape
      .nullable()
      .describe(
        'Where data are, if this window has none; null where it has, or nothing is stored at all.',
      ),
    coveredUntil: z
      .number()
      .nullable()
      .describe(
        'Before this instant the audit log is complete; null where there is no audit source.',
      ),
    retention: retentionShape.nullable().describe('Null where everything is kept.'),
    sumsBefore: z
      .number()
      .nullable()
      .describe(
        'Where the window begins past retention: until this instant there are sums only, without a residual or suspects.',
      ),
    alarms: z.array(alarmShape).describe('The most serious first; the sentences begin with them.'),
    sentences: z.array(z.string()),
    sentenceLinks: z.array(z.array(sentenceLinkShape)).describe('Of each sentence in its turn.'),
    ledger: ledgerShape,
    waterfall: z.array(waterfallStepShape),
    bucketMs: z.number(),
    buckets: z.array(causeBucketShape),
    busiestHours: z.array(busyHourShape).describe('Most calls first.'),
    spikes: z.array(spikeViewShape).describe('Largest excess first.'),
    coverage: z.array(sourceCoverageShape),
    strangers: z.array(principalUseShape),
  })
  .meta({ id: 'ExplainView' });

/** The keys that scripts rely on, beside all that the page has. */
export const jsonReportShape = explainViewShape
  .extend({
    pattern: patternViewShape.pick({ period: true, lines: true, sentences: true }),
    inferred: z
      .object({
        ttlMs: z.number().nullable(),
        dekLifetimeMs: z.number().nullable(),
        processes: z.number().nullable(),
      })
      .nullable()
      .describe('What the log alone shows of its main design; null where telemetry tells.'),
    evidence: z.array(logFindingShape).nullable(),
  })
  .meta({ id: 'JsonReport' });
