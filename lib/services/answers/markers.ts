import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { instantEnd } from '../../domain/instant-range.ts';
import { markersOf } from '../../explain/words/markers.ts';
import type { ExplainFilter } from '../../shared/dto.ts';
import { parseInstant } from '../../shared/instants.ts';
import type { MarkersView } from '../../shared/markers-view.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readMarkers } from '../../store/entities/read-markers.ts';
import { writeMarker } from '../../store/entities/write-marker.ts';
import type { ServiceContext } from '../context.ts';
import { keyFilter } from './key-filter.ts';
import { oneSnapshot } from './one-snapshot.ts';
import { readService, serviceFacts } from './service-facts.ts';

/** Markers at most: more than a chart has room for. */
const markersMax = 200;

/** What charts mark in a window, oldest first; of too many the newest. */
export const listMarkers = ({
  ctx,
  input: { window: asked, filter },
}: {
  ctx: ServiceContext;
  input: { window: TimeWindow; filter: ExplainFilter };
}): Promise<MarkersView> =>
  oneSnapshot(ctx, async (view) => {
    const window = wholeMinutes(asked);
    const { deploys } = serviceFacts(await readService({ ctx: view }));
    const markers = markersOf({
      ...(await readMarkers(view.db, {
        ...window,
        filter: await keyFilter(view, filter),
      })),
      deploys: deploys.filter((at) => at >= window.from && at < window.to),
    });
    const more = Math.max(0, markers.length - markersMax);
    return { window, markers: markers.slice(more), more };
  });

/** The body of a marker that is told. */
export const markerInput = z
  .strictObject({
    text: z.string().trim().min(1, 'is empty').max(200, 'is longer than 200 characters'),
    kind: z.enum(['deploy', 'note']).default('deploy'),
    at: z
      .union([z.string(), z.number()])
      .transform((given) => parseInstant(String(given)))
      .refine((at) => at !== null && at > 0 && at < instantEnd, {
        error: 'is no time; write 2026-11-23T14:00Z or epoch ms',
      })
      .optional()
      .describe('An ISO instant or epoch ms; now if it is left out.'),
  })
  .meta({ id: 'MarkerInput', description: 'Something that happened, to be marked in charts.' });

/** @throws {AppError} `bad-request` naming the field. */
export async function tellMarker({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: unknown;
}): Promise<{ at: number }> {
  const parsed = markerInput.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError(
      'bad-request',
      `Marker: ${issue?.path.join('.') || 'the body'} ${issue?.message ?? 'is not understood'}.`,
    );
  }
  const { text, kind, at } = parsed.data;
  const when = at ?? (await ctx.now());
  await writeMarker(ctx.db, { at: when, kind, text });
  return { at: when };
}
