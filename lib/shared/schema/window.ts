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
