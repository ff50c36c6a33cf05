/** The ledger, and what is counted beside it. */
import { z } from 'zod';
import { countsShape, timeWindowShape } from './window.ts';

export const ledgerTermShape = z
  .object({
    id: z.string(),
    label: z.string(),
    value: z.number().describe('Signed as it enters the sum.'),
    share: z
      .number()
      .nullable()
      .describe('`value` over the total it is a part of; null where that is 0.'),
    about: z.string().describe('One sentence that says what is counted.'),
    evidence: z.string().describe('The roll-up that was summed, as `measure` or `measure:label`.'),
    href: z
      .string()
      .exactOptional()
      .describe(
        "The dashboard's page that shows what was counted, without the window; absent where no rows are kept.",
      ),
  })
  .meta({
    id: 'LedgerTerm',
    description: 'One signed part of a ledger line or waterfall, and where its evidence is.',
  });

export const ledgerLineShape = z
  .object({
    id: z.enum(['operations', 'calls', 'attempts', 'log', 'events']),
    label: z.string(),
    total: z.number(),
    terms: z.array(ledgerTermShape),
    residual: z.number(),
  })
  .meta({
    id: 'LedgerLine',
    description: '`total = sum of terms + residual`; the residual is what cannot be accounted for.',
  });

export const ledgerShape = z
  .object({
    lines: z.array(ledgerLineShape),
    residual: z.number().describe('Absolute residuals of all lines, added.'),
    messages: z.number(),
  })
  .meta({ id: 'Ledger' });

export const waterfallStepShape = ledgerTermShape
  .extend({
    kind: z.enum(['total', 'delta']),
  })
  .meta({
    id: 'WaterfallStep',
    description:
      "A step of the waterfall from messages to audit events. `total` bars stand on zero; `delta` bars start at the last one's end.",
  });

export const causeBucketShape = z
  .object({
    start: z.number(),
    messages: z.number(),
    causes: countsShape.describe('KMS calls by cause; causes with none are absent.'),
    incomplete: z.boolean().describe('The log does not cover this bucket yet.'),
  })
  .meta({ id: 'CauseBucket' });

export const busyHourShape = z
  .object({
    hour: z.number(),
    calls: z.number(),
    mainCause: z.string(),
    mainShare: z.number(),
  })
  .meta({ id: 'BusyHour' });

export const comparedCountShape = z
  .object({
    id: z.string(),
    label: z.string(),
    now: z.number(),
    before: z
      .number()
      .nullable()
      .describe('Null where that period has no data, or only from its middle on.'),
  })
  .meta({
    id: 'ComparedCount',
    description: 'One count of the window beside the same count of another.',
  });

export const comparisonShape = z
  .object({
    kind: z.enum(['previous', 'same-weekday']),
    window: timeWindowShape,
    counts: z.array(comparedCountShape),
  })
  .meta({ id: 'Comparison', description: 'The window beside an earlier one of the same length.' });

export const closedFormShape = z
  .object({
    ttlMs: z.number().describe('TTL, ms; the one most calls ran under.'),
    accessesPerHour: z
      .number()
      .describe(
        'Accesses of one DEK in one process an hour, on average over the hours in which it was used.',
      ),
    processes: z.number().describe('Processes that used DEKs.'),
    busyPeriods: z
      .number()
      .describe('Runs of uses parted by rests of a TTL: each begins with one call.'),
    revalidations: z.number().describe('Calls expected within them.'),
    from: z
      .number()
      .describe(
        'The hours it was computed over: whole ones, the newest where the window holds too many.',
      ),
    to: z.number(),
    predicted: z
      .number()
      .describe('KMS calls that begin or continue a use, by the formula and as counted.'),
    counted: z.number(),
    error: z
      .number()
      .nullable()
      .describe('`(predicted - counted) / counted`; null where nothing was counted.'),
    sentence: z.string(),
  })
  .meta({ id: 'ClosedForm' });

export const costShape = z
  .object({
    provider: z.string(),
    currency: z.string(),
    per10k: z.number().describe('Price of 10,000 requests.'),
    requests: z.number(),
    amount: z.number(),
    requestsWithoutCache: z
      .number()
      .nullable()
      .describe('If every lookup asked the KMS; null where there is no telemetry of lookups.'),
    amountWithoutCache: z.number().nullable(),
    payer: z.string().describe('Who is billed for the requests.'),
    amountPerMonth: z
      .number()
      .nullable()
      .describe(
        "A day's requests at this window's rate times 30; null of a log of minutes and of logs that end apart, whose rate is not known.",
      ),
  })
  .meta({ id: 'Cost' });

export const perMessageShape = z
  .object({
    operations: z
      .array(
        z.object({
          scope: z.string(),
          path: z.string(),
          n: z.number(),
          perMessage: z.number().nullable(),
        }),
      )
      .describe('`scope`: `message` or outside of any.'),
    deksPerMessage: z
      .number()
      .nullable()
      .describe('DEKs opened in one message, on average; null without messages.'),
    reopened: z
      .array(
        z.object({
          tag: z.string(),
          calls: z.number(),
          href: z.string(),
        }),
      )
      .describe('Conversations that opened old DEKs, most calls first.'),
  })
  .meta({ id: 'PerMessage', description: 'How messages turn into lookups.' });
