/** The calls page's words for states, filters and join methods. */
import type { AttemptView, CallsShow } from '../../lib/shared/dto.ts';
import { shareText } from '../../lib/shared/screen-text.ts';
import type { Tone } from '../ui/badge.tsx';

export const showWords: Record<CallsShow, string> = {
  attempts: 'All attempts',
  matched: 'Matched',
  pending: 'Pending',
  'never-logged': 'Never logged',
  unmatched: 'Unmatched',
  strangers: 'Strangers',
  suspects: 'Suspects',
  lost: 'Telemetry lost',
  other: 'Other operations',
  events: 'Events without a call',
  uses: 'Every use of a key in the log',
  logged: 'Every audit event',
};

interface StateWords {
  tone: Tone;
  label: string;
  about: string;
}

const states: ReadonlyMap<string, StateWords> = new Map<string, StateWords>([
  ['matched', { tone: 'good', label: 'Matched', about: 'One attempt, one audit event.' }],
  [
    'pending',
    { tone: 'info', label: 'Pending', about: 'The audit log may still bring its event.' },
  ],
  [
    'never-logged',
    {
      tone: 'plain',
      label: 'Never logged',
      about: 'This log does not record such an attempt.',
    },
  ],
  ['never-sent', { tone: 'plain', label: 'Never sent', about: 'It failed before it was sent.' }],
  [
    'unmatched',
    { tone: 'warn', label: 'Unmatched', about: 'The log is complete, yet has no event.' },
  ],
  [
    'not-told',
    { tone: 'info', label: 'Pending', about: 'Its call’s telemetry may still be on its way.' },
  ],
  [
    'telemetry-lost',
    {
      tone: 'warn',
      label: 'Telemetry lost',
      about: 'The event claims a call of ours whose telemetry never arrived.',
    },
  ],
  ['suspect', { tone: 'bad', label: 'Suspect', about: 'Our principal, but no call of ours.' }],
  ['stranger', { tone: 'bad', label: 'Stranger', about: 'Another principal.' }],
  [
    'not-known',
    { tone: 'plain', label: 'In the log', about: 'Of a log alone nothing tells whose it is.' },
  ],
  [
    'other-operation',
    {
      tone: 'plain',
      label: 'Other operation',
      about: 'Neither a wrap nor an unwrap.',
    },
  ],
]);

export const stateWords = (state: string): StateWords =>
  states.get(state) ?? { tone: 'plain', label: state, about: '' };

const joinedBy = new Map([
  ['request-id', 'request id'],
  ['reason', 'the request’s reason'],
  ['client-id', 'the client’s request id'],
  ['assignment', 'principal, key and time'],
]);

/** How an attempt was joined to its event, and how sure that is where nothing but its time tells. */
export function joinWords({
  joinMethod,
  joinConfidence,
}: Pick<AttemptView, 'joinMethod' | 'joinConfidence'>): string | null {
  if (joinMethod === null) return null;
  const sure = joinConfidence === null ? '' : `, ${shareText(joinConfidence)} sure`;
  return `by ${joinedBy.get(joinMethod) ?? joinMethod}${sure}`;
}
