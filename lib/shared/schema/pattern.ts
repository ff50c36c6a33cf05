/** What `/api/pattern` answers: when within the hour KMS calls come, and whether that repeats. */
import { z } from 'zod';
import { sentenceLinkShape, timeWindowShape } from './window.ts';

export const hourRowShape = z
  .object({
    hour: z.number(),
    minutes: z.array(z.number()).describe('60 counts.'),
    incomplete: z.boolean().describe('The log or telemetry does not cover this hour yet.'),
  })
  .meta({
    id: 'HourRow',
    description: 'Calls in each minute of the hour, one row an hour, oldest first.',
  });

export const patternLineShape = z
  .object({
    kind: z.enum(['echo', 'schedule', 'deploy']),
    points: z
      .array(
        z.object({
          at: z.number(),
          calls: z.number(),
        }),
      )
      .describe("The line's points, each a cohort: its mean instant and its calls."),
    driftMinutes: z
      .number()
      .nullable()
      .describe(
        'Minutes within the hour by which it drifts, per hour; 0 for a schedule, null for a single point.',
      ),
    sentence: z.string(),
    links: z.array(sentenceLinkShape).describe('Of its numbers.'),
    href: z.string().describe('Where to look closer.'),
  })
  .meta({
    id: 'PatternLine',
    description:
      'A line on the heatmap. `echo` is slanted: a cohort and its re-validations, `T + 1/L` apart; a single point where none of its other echoes stands out. `schedule` is upright: the same minute every hour. `deploy` is one row: a burst without a successor.',
  });

export const patternViewShape = z
  .object({
    window: timeWindowShape,
    now: z.number(),
    unit: z.enum(['calls', 'events']),
    rows: z.array(hourRowShape),
    lines: z.array(patternLineShape),
    period: z
      .object({
        foundMs: z
          .number()
          .describe(
            'The period that fits best, ms; a real one where `pValue` < 0.001 and it is confirmed.',
          ),
        z: z
          .number()
          .describe(
            "Rayleigh's z and the chance of one as large without any period, corrected for the periods tried.",
          ),
        pValue: z.number(),
        cohorts: z.number(),
        theoryMs: z
          .number()
          .nullable()
          .describe('`T + 1/L`, ms, and what it is made from; null where L is not known.'),
        ttlMs: z.number().nullable(),
        accessesPerHour: z
          .number()
          .nullable()
          .describe('Accesses of a DEK in a process an hour, while in use.'),
        confirmed: z
          .boolean()
          .describe('Whether the autocorrelation of the load cohorts peaks there too.'),
      })
      .nullable()
      .describe('Null where there are too few cohorts to tell.'),
    spectrum: z
      .array(
        z.object({
          periodMs: z.number(),
          z: z.number(),
        }),
      )
      .describe('The spectrum that was searched, shortest period first; at most 400 points.'),
    sentences: z.array(z.string()).describe('The first one answers.'),
    sentenceLinks: z.array(z.array(sentenceLinkShape)).describe('Of the numbers of each sentence.'),
  })
  .meta({ id: 'PatternView' });

export const brushShape = z
  .object({
    from: z.number().describe('The first hour’s start, epoch ms.'),
    to: z.number().describe('The last hour’s end.'),
    firstMinute: z.number(),
    lastMinute: z.number().describe('The last minute of the hour that counts.'),
  })
  .meta({ id: 'Brush', description: 'So many whole hours, and of each the same minutes.' });

const sideShape = z.object({ minutes: z.number(), requests: z.number() });

export const brushViewShape = z
  .object({
    unit: z.enum(['calls', 'events']),
    inside: sideShape,
    outside: sideShape,
    dimensions: z
      .array(
        z.object({
          dimension: z.enum(['cause', 'workspace', 'process', 'principal', 'key']),
          inside: z.number().describe('Requests whose value is known.'),
          outside: z.number(),
          parts: z
            .array(
              z.object({
                value: z.string(),
                label: z.string(),
                inside: z.number(),
                outside: z.number(),
              }),
            )
            .describe('What differs most by its share comes first; the rest of many is left out.'),
        }),
      )
      .describe('Those with more than one value.'),
  })
  .meta({ id: 'BrushView', description: 'A part of the heatmap beside the rest of the window.' });
