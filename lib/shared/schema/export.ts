/** What `/api/export` answers as JSON. */
import { z } from 'zod';

export const exportShape = z
  .object({
    rows: z.array(z.looseObject({})).describe('The rows, as the view that holds them has them.'),
    cutOff: z.string().nullable().describe('What is missing and why; null where all is there.'),
  })
  .meta({ id: 'Export' });
