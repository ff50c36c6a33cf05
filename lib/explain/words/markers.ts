import type { MarkerView } from '../../shared/markers-view.ts';
import { nounText } from '../../shared/screen-text.ts';
import { queryText, urlInstant } from '../../shared/window-param.ts';

export interface MarkerFacts {
  boots: readonly { at: number; process: string; version: string | null }[];
  changes: readonly { at: number; key: string; action: string }[];
  told: readonly { at: number; kind: string; text: string }[];
  /** Deploys that a person told with the service, epoch ms. */
  deploys: readonly number[];
}

/** Processes that start within this of one another start together. */
const togetherMs = 5 * 60_000;
const minuteMs = 60_000;
/** How long after a deploy its cold starts are shown. */
const coldMs = 15 * minuteMs;

const changeWords = new Map([
  ['create', 'Key created'],
  ['disable', 'Key disabled'],
  ['enable', 'Key enabled'],
  ['schedule', 'Key deletion scheduled'],
  ['cancel', 'Key deletion cancelled'],
  ['destroy', 'Key material destroyed'],
  ['policy', 'Key policy changed'],
  ['rotation', 'Key rotation'],
]);

/** What charts mark, oldest first: starts of processes that came together, changes of keys, and what was told. */
export function markersOf({ boots, changes, told, deploys }: MarkerFacts): MarkerView[] {
  return [
    ...startsTogether(boots),
    ...changes.map(({ at, key, action }): MarkerView => {
      const query = new URLSearchParams({ show: 'other', key, ...around(at, minuteMs) });
      const text = changeWords.get(action) ?? action;
      return { at, kind: 'key', text, from: 'log', href: `/calls?${queryText(query)}` };
    }),
    ...told.map(({ at, kind, text }): MarkerView => {
      return { at, kind: kind === 'deploy' ? 'deploy' : 'note', text, from: 'told', href: null };
    }),
    ...deploys.map((at): MarkerView => {
      return { at, kind: 'deploy', text: 'Deploy', from: 'told', href: null };
    }),
  ].sort((a, b) => a.at - b.at);
}

function startsTogether(boots: MarkerFacts['boots']): MarkerView[] {
  const inOrder = boots.toSorted((a, b) => a.at - b.at);
  const groups: (typeof inOrder)[] = [];
  for (const boot of inOrder) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && boot.at - last.at <= togetherMs && boot.version === last.version)
      group.push(boot);
    else groups.push([boot]);
  }
  return groups.map((group): MarkerView => {
    const at = group[0]?.at ?? 0;
    const processes = [...new Set(group.map(({ process }) => process))];
    const [process = ''] = processes;
    const query = new URLSearchParams({
      cause: 'load.first.cold-start',
      ...(processes.length === 1 && { process }),
      ...around(at, coldMs),
    });
    return {
      at,
      kind: 'deploy',
      text: startText(processes, group[0]?.version ?? null),
      from: 'telemetry',
      href: `/calls?${queryText(query)}`,
    };
  });
}

const startText = (processes: readonly string[], version: string | null): string =>
  processes.length === 1
    ? `${processes[0]} started${version === null ? '' : `: version ${version}`}`
    : `Deploy${version === null ? '' : ` of version ${version}`} to ${nounText(processes.length, 'process', 'processes')}`;

const around = (at: number, forMs: number) => {
  const from = Math.floor(at / minuteMs) * minuteMs;
  return { from: urlInstant(from), to: urlInstant(from + Math.max(forMs, minuteMs)) };
};
