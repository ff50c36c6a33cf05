/** The spikes pages' words for units, origins and dimensions. */
import { dayText, timeText } from '../../lib/shared/screen-text.ts';
import type { SpikeDimension } from '../../lib/shared/spike-dimensions.ts';
import type { DropCause, EchoOrigin, RootKind, SpikeUnit } from '../../lib/shared/spike-view.ts';

export const unitWords: Record<SpikeUnit, { one: string; many: string; title: string }> = {
  calls: { one: 'request', many: 'KMS requests', title: 'Requests' },
  events: { one: 'event', many: 'audit events', title: 'Events' },
};

const rootWords: Record<RootKind, string> = {
  deploy: 'Deploy',
  reopened: 'Old data reopened',
  'fan-out': 'Fan-out',
  rotation: 'DEK rotation',
  eviction: 'Eviction',
  recovery: 'Loads after a denial',
  'first-use': 'First use of DEKs',
  validation: 'Validation',
  other: 'Burst',
};

export const dropWords: Record<DropCause['kind'], string> = {
  'log-off': 'Log switched off',
  'revalidation-stopped': 'Re-validation stopped',
  'service-gone': 'Service gone',
  unknown: 'Cause unknown',
};

export const dimensionWords: Record<SpikeDimension, { one: string; title: string }> = {
  cause: { one: 'cause', title: 'Causes' },
  root: { one: 'root cause', title: 'Root causes, by lineage' },
  workspace: { one: 'workspace', title: 'Workspaces' },
  process: { one: 'process', title: 'Processes' },
  dek: { one: 'DEK', title: 'DEKs' },
  tag: { one: 'conversation', title: 'Conversations' },
  principal: { one: 'principal', title: 'Principals' },
};

const fanOutWords = {
  reopened: 'Old data reopened, fan-out',
  rotation: 'DEK rotation, fan-out',
} as const;

export const originWords = ({ kind, fanOutOf }: Pick<EchoOrigin, 'kind' | 'fanOutOf'>): string =>
  fanOutOf === null ? rootWords[kind] : fanOutWords[fanOutOf];

/** `Deploy at 12:01, echo 2`; the day is named where it is another one than the spike's. */
export function originText(
  { kind, fanOutOf, at, generation }: Pick<EchoOrigin, 'kind' | 'fanOutOf' | 'at' | 'generation'>,
  seenAt: number,
): string {
  const day = dayText(at) === dayText(seenAt) ? '' : `${dayText(at)} `;
  const echo = generation === 0 ? '' : `, echo\u00a0${generation}`;
  return `${originWords({ kind, fanOutOf })} at ${day}${timeText(at)}${echo}`;
}
