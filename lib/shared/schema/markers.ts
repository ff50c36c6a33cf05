/** What `/api/markers` takes and answers. */
import { z } from 'zod';
import { timeWindowShape } from './window.ts';

const markerShape = z
  .object({
    at: z.number(),
    kind: z.enum(['deploy', 'key', 'note']),
    text: z.string(),
    from: z
      .enum(['telemetry', 'log', 'told'])
      .describe('Who says so: `told` is a person or a program.'),
    href: z.string().nullable().describe('The dashboard’s page that shows what is marked.'),
  })
  .meta({
    id: 'Marker',
    description: 'Something that charts mark: a deploy, a change of a key, a note.',
  });

export const markersViewShape = z
  .object({
    window: timeWindowShape,
    markers: z.array(markerShape).describe('Oldest first.'),
    more: z.number().describe('How many older ones of the window are left out.'),
  })
  .meta({ id: 'MarkersView' });
