/** What the API answers about what is stored, and about a log that was given to it. */
import { z } from 'zod';
import { timeWindowShape } from './window.ts';

export const storeViewShape = z
  .object({
    extent: timeWindowShape
      .nullable()
      .describe('Where data lie, the newest 400 days of it; null where nothing is stored at all.'),
  })
  .meta({
    id: 'StoreView',
    description: 'What the API answers about what is stored, and about a log that was given to it.',
  });

export const leftOutShape = z
  .object({
    words: z.string(),
    n: z.number(),
    advice: z.string(),
    example: z.string().describe('One of them, as the file has it.'),
  })
  .meta({ id: 'LeftOut', description: 'What of a log was not taken, by reason.' });

export const importViewShape = storeViewShape
  .extend({
    records: z.number(),
    kmsEvents: z
      .number()
      .describe(
        'Distinct KMS events of use in the file; none where nothing in it can be explained.',
      ),
    duplicates: z.number().describe('KMS records that were there already.'),
    keys: z
      .array(z.object({ key: z.string().nullable(), events: z.number() }))
      .describe('Under which keys these events lie, most first: 20 at most.'),
    keysCount: z.number().describe('How many keys there are.'),
    missing: z
      .array(z.string())
      .describe(
        'Fields of the log that its tables have no column for: what rests on them is unknown.',
      ),
    telemetry: z
      .object({
        calls: z.number().describe('KMS calls that it tells of.'),
        counts: z.number().describe('Counts of lookups of data keys.'),
        added: z.number().describe('Rows that were not there before.'),
        faults: z.array(z.string()).describe('What of it could not be taken: the first 20.'),
      })
      .nullable()
      .describe('What the file gave where it holds the service’s telemetry.'),
    ignored: z.array(leftOutShape),
    refused: z.array(leftOutShape),
  })
  .meta({ id: 'ImportView' });
