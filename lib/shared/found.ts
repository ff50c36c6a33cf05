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
  const words = wordsOf(text);
  const holding = entries.filter(({ kind = '', label }) => {
    const all = `${kind} ${label}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const begins = ({ label }: T) => (label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return holding.sort((a, b) => begins(a) - begins(b));
}

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** The label in parts, of which every second one is what the text found. */
export function parted(label: string, text: string): string[] {
  const words = wordsOf(text).sort((a, b) => b.length - a.length);
  if (words.length === 0) return [label];
  const plain = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return label.split(new RegExp(`(${plain.join('|')})`, 'gi'));
}
