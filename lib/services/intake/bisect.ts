import { isTooMuchAtOnce, refusalOf } from '../../store/connection/refusal.ts';

export interface Bisected<T> {
  /** Sum of what `take` resolved to. */
  added: number;
  /** Items that the store refuses even alone, in their order, each with the reason. */
  refused: { item: T; reason: string }[];
}

/**
 * Has `take` store all items. Items that it refuses together are halved until those it refuses alone are found: one bad
 * item costs one item, and what is too large for one transaction goes in two. Every other fault is the caller's.
 */
export async function bisect<T>(
  items: readonly T[],
  take: (items: readonly T[]) => Promise<number>,
): Promise<Bisected<T>> {
  try {
    return { added: await take(items), refused: [] };
  } catch (error) {
    const reason = refusalOf(error);
    const [only] = items;
    if (items.length > 1 && (reason !== null || isTooMuchAtOnce(error)))
      return inHalves(items, take);
    if (reason === null || items.length !== 1 || only === undefined) throw error;
    return { added: 0, refused: [{ item: only, reason }] };
  }
}

async function inHalves<T>(
  items: readonly T[],
  take: (items: readonly T[]) => Promise<number>,
): Promise<Bisected<T>> {
  const middle = Math.ceil(items.length / 2);
  const first = await bisect(items.slice(0, middle), take);
  const second = await bisect(items.slice(middle), take);
  return { added: first.added + second.added, refused: [...first.refused, ...second.refused] };
}
