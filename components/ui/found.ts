/**
 * The entries that hold every word of the text, in any order; those that begin with it first. Without a text all of
 * them as they stand.
 */
export function found<T extends { label: string; kind?: string }>(
  entries: readonly T[],
  text: string,
): T[] {
  const wanted = text.toLowerCase().trim();
  if (wanted === '') return [...entries];
  const words = wanted.split(/\s+/);
  const holding = entries.filter(({ kind = '', label }) => {
    const all = `${kind} ${label}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const begins = ({ label }: T) => (label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return holding.sort((a, b) => begins(a) - begins(b));
}
