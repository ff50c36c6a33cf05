import { lookupOf } from '../../domain/sum-label.ts';
import type { WindowSum } from '../../domain/window-facts.ts';
import type { PerMessage } from '../../shared/dto.ts';
import { tupleKey } from '../../shared/tuple-key.ts';

export interface ReopenedTag {
  tag: string;
  calls: number;
}

const outside = 'outside';

/**
 * How many lookups a message causes, by kind. A message looks up each distinct DEK once, so its decrypt lookups are its
 * distinct DEKs. Lookups outside of any message are counted apart and belong to no ratio.
 */
export function perMessageOf(
  sums: readonly WindowSum[],
  { messages, reopened }: { messages: number; reopened: readonly ReopenedTag[] },
): PerMessage {
  const kinds = new Map<string, { scope: string; path: string; n: number }>();
  for (const { measure, label, operation, n } of sums) {
    if (measure !== 'operations') continue;
    const { scope } = lookupOf(label);
    const id = tupleKey(scope, operation);
    const kind = kinds.get(id) ?? { scope, path: operation, n: 0 };
    kind.n += n;
    kinds.set(id, kind);
  }
  const ratio = (n: number) => (messages > 0 ? n / messages : null);
  const opened = [...kinds.values()].find(
    ({ scope, path }) => scope !== outside && path === 'decrypt',
  );
  return {
    operations: [...kinds.values()]
      .map((kind) => ({ ...kind, perMessage: kind.scope === outside ? null : ratio(kind.n) }))
      .sort((a, b) => b.n - a.n || (a.path < b.path ? -1 : 1)),
    deksPerMessage: ratio(opened?.n ?? 0),
    reopened: reopened.map(({ tag, calls }) => ({
      tag,
      calls,
      href: `/calls?tag=${encodeURIComponent(tag)}`,
    })),
  };
}
