import type { UnmatchedUse } from '../../domain/window-facts.ts';
import { addTo } from '../../shared/counts.ts';
import type { PrincipalUse } from '../../shared/dto.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { eventKind } from './facts.ts';

/**
 * Strangers and suspects: one entry for each principal, key and kind, most events first. For a log alone, `isOwn` says
 * whether a principal is the service's own; null where nobody knows.
 */
export function principalUses(
  uses: readonly UnmatchedUse[],
  ours: ReadonlySet<string>,
  isOwn?: (principal: { id: string; name: string }) => boolean | null,
): PrincipalUse[] {
  const found = new Map<
    string,
    Omit<PrincipalUse, 'operations'> & { operations: Map<string, number> }
  >();
  for (const use of uses) {
    const foreign = eventKind(use.state, ours.has(use.principal));
    if (foreign !== 'stranger' && foreign !== 'suspect') continue;
    const { principal, name, key, firstAt, lastAt } = use;
    const kind = isOwn === undefined ? foreign : ofLog(isOwn({ id: principal, name }));
    const id = tupleKey(kind, principal, key);
    const entry = found.get(id) ?? {
      kind,
      principal,
      name,
      key,
      events: 0,
      firstAt,
      lastAt,
      sourceIps: [],
      addresses: 0,
      services: [],
      operations: new Map<string, number>(),
    };
    entry.events += use.events;
    entry.firstAt = Math.min(entry.firstAt, firstAt);
    entry.lastAt = Math.max(entry.lastAt, lastAt);
    addAddresses(entry, use);
    entry.services = [...new Set([...entry.services, ...(use.services ?? [])])].sort();
    addTo(entry.operations, use.operation, use.events);
    found.set(id, entry);
  }
  return [...found.values()]
    .map((use) => ({ ...use, operations: Object.fromEntries(use.operations) }))
    .sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
}

/** Whoever asks in several ways or for several keys mostly does so from the same addresses: no fewer than of each. */
function addAddresses(to: Addresses, from: Addresses): void {
  to.sourceIps = [...new Set([...to.sourceIps, ...(from.sourceIps ?? [])])].sort();
  to.addresses = Math.max(to.addresses, from.addresses, to.sourceIps.length);
}

type Addresses = Pick<PrincipalUse, 'sourceIps' | 'addresses'>;

const ofLog = (own: boolean | null): PrincipalUse['kind'] =>
  own === null ? 'unknown' : own ? 'own' : 'stranger';

/** The same summed over keys: one entry for each principal and kind, most events first. */
export function usesByPrincipal(
  uses: readonly PrincipalUse[],
): Omit<PrincipalUse, 'key' | 'firstAt' | 'lastAt' | 'operations'>[] {
  return [...Map.groupBy(uses, ({ kind, principal }) => tupleKey(kind, principal)).values()]
    .flatMap(([first, ...more]) => {
      if (first === undefined) return [];
      const { kind, principal, name, sourceIps, addresses } = first;
      const from = { sourceIps, addresses };
      for (const use of more) addAddresses(from, use);
      const events = more.reduce((all, use) => all + use.events, first.events);
      const services = [...new Set([first, ...more].flatMap((use) => use.services))].sort();
      return { kind, principal, name, events, ...from, services };
    })
    .sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1));
}
