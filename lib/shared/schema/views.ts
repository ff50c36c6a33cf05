/** What `/api/views` answers. */
import { z } from 'zod';

export const savedViewsShape = z
  .object({
    views: z.array(
      z.object({
        name: z.string(),
        href: z.string().describe('The page’s address, with its window and filters.'),
      }),
    ),
  })
  .meta({ id: 'SavedViews', description: 'Addresses of pages under names, by name.' });
