export interface PaletteEntry {
  kind: string;
  label: string;
  run: () => void;
}

/** More than one reads; who looks for another types on. */
const foundMax = 40;

/**
 * The entries that hold every word of the text, in any order; those that begin with it first. Without a text the first
 * of all.
 */
export function foundEntries<T extends Pick<PaletteEntry, 'kind' | 'label'>>(
  entries: readonly T[],
  text: string,
): T[] {
  const wanted = text.toLowerCase().trim();
  const words = wanted.split(/\s+/);
  const found = entries.filter(({ kind, label }) => {
    const all = `${kind} ${label}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const begins = ({ label }: T) => (label.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, foundMax);
}
