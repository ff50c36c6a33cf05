/** Counts by a name that comes from outside: built from a Map, read by `countOf`, never indexed. */
export type Counts = Readonly<Record<string, number>>;

/** The count under a name; 0 where there is none, also for names that every object inherits. */
export const countOf = (counts: Counts, name: string): number =>
  Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0;

/** Adds to the count under a name. */
export function addTo(counts: Map<string, number>, name: string, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n);
}
