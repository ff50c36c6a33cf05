import type { Db } from '../connection/db.ts';

/** Markers kept; beyond it the oldest go. */
const markersMax = 10_000;

/** Keeps what somebody said happened at `at` (epoch ms); said twice it is one, of the newer kind. */
export async function writeMarker(
  db: Db,
  { at, kind, text }: { at: number; kind: string; text: string },
): Promise<void> {
  const when = new Date(at);
  await db.marker.upsert({
    where: { at_text: { at: when, text } },
    create: { at: when, kind, text },
    update: { kind },
  });
  const over = await db.marker.findFirst({ orderBy: { at: 'desc' }, skip: markersMax });
  if (over !== null) await db.marker.deleteMany({ where: { at: { lte: over.at } } });
}
