/** What every answer of the API is made of. Instants are epoch ms UTC, windows and buckets `[from, to)`. */
import { z } from 'zod';

export const timeWindowShape = z
  .object({ from: z.number(), to: z.number() })
  .meta({ id: 'TimeWindow', description: 'Instants `[from, to)`, epoch ms UTC.' });

/** Counts by a name that comes from outside. */
export const countsShape = z
  .record(z.string(), z.number())
  .readonly()
  .meta({ id: 'Counts', description: 'Counts by name.' });

export const sentenceLinkShape = z
  .object({
    at: z.number().describe('Where the number begins in the sentence, in UTF-16 units.'),
    href: z.string().describe('The page of the dashboard that lists what it counts.'),
  })
  .meta({ id: 'SentenceLink', description: 'A number of a sentence, and what it counts.' });
