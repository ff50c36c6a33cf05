const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** "30m", "6h", "7d" as milliseconds; null for anything else or nothing. */
export function parseSpan(text: string): number | null {
  const found = /^(\d{1,6}(?:\.\d{1,3})?)(ms|[smhd])$/.exec(text);
  if (!found) return null;
  const ms = Number(found[1]) * (unitsMs.get(found[2] ?? '') ?? 0);
  return ms > 0 ? Math.round(ms) : null;
}

/** An ISO time (UTC where it names no offset) or epoch ms, between 1971 and 2100; null for anything else. */
export function parseInstant(text: string): number | null {
  const epoch = /^\d{11,15}$/.test(text);
  const dated =
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(
      text,
    );
  if (!epoch && !dated) return null;
  if (dated && !dayExists(text.slice(0, 10))) return null;
  const iso = dated?.[1] || text.length === 10 ? text : `${text}Z`;
  const at = epoch ? Number(text) : Date.parse(iso.replace(' ', 'T'));
  return at >= Date.UTC(1971, 0, 1) && at < Date.UTC(2100, 0, 1) ? at : null;
}

/** Date.parse rolls 30 February over into March. */
function dayExists(day: string): boolean {
  const at = Date.parse(day);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}
