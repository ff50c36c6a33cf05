'use client';

import type { ConnectionView } from '../../lib/shared/connection-view.ts';
import { logKindWords, placeText } from '../../lib/shared/log-place.ts';
import {
  behindText,
  countText,
  instantText,
  lagText,
  spanText,
} from '../../lib/shared/screen-text.ts';
import { sourceStateWords } from '../explain/coverage.tsx';
import { useChangeConnection, useTryConnection } from '../hooks/use-connections.ts';
import { Badge } from '../ui/badge.tsx';
import { GapList } from './gap-list.tsx';
import { TriedResult } from './tried-result.tsx';

const origins = {
  page: null,
  environment: 'From the environment',
  sandbox: 'Sandbox',
  file: null,
} as const;

/** An audit source: how it fares, what it lacks, and what can be done with it. */
export function SourceCard({ source, now }: { source: ConnectionView; now: number }) {
  const { id, place, origin, state, message, gaps } = source;
  const { tone, label } = sourceStateWords[state];
  const title = place === null ? 'Imported files' : logKindWords[place.kind].label;
  return (
    <li className="coverage-card">
      <header>
        <h3>
          {title} {place !== null && <span className="muted mono break">{placeText(place)}</span>}
        </h3>
        <span className="source-badges">
          {origins[origin] !== null && <Badge tone="info">{origins[origin]}</Badge>}
          <Badge tone={tone}>{label}</Badge>
        </span>
      </header>
      <Facts source={source} now={now} />
      {message && !gaps.some(({ evidence }) => evidence === message) && (
        <p className="coverage-message">{message}</p>
      )}
      <GapList gaps={gaps} />
      {place !== null && <Actions key={id} source={source} title={title} />}
    </li>
  );
}

const instantOr = (at: number | null, without: string) =>
  at === null ? without : instantText(at, 'second');

const foundText = (afterMs: number | null): string =>
  afterMs === null || afterMs <= 0 ? 'found at once' : `found after ${spanText(afterMs)}`;

function Facts({ source, now }: { source: ConnectionView; now: number }) {
  const { place, coveredUntil, lagMs, polledAt, events, reading, check } = source;
  const facts: [label: string, value: string][] = [
    ['Covered until', instantOr(coveredUntil, 'nothing read yet')],
  ];
  if (place !== null) {
    const behindMs = coveredUntil === null ? null : Math.max(0, now - coveredUntil);
    facts.push(
      ['Not complete yet', behindMs === null ? 'not known' : behindText(behindMs)],
      ['Events come after', lagMs === null ? 'being learnt' : lagText(lagMs)],
      ['Last read', instantOr(polledAt, 'never')],
      ['Events taken in', countText(events)],
    );
  }
  if (reading !== null)
    facts.push([
      'Last reading',
      [
        `${countText(reading.records)} read, ${countText(reading.added)} new`,
        `${countText(reading.ignored)} ignored`,
        `${countText(reading.refused)} refused`,
      ].join(', '),
    ]);
  if (check !== null)
    facts.push([
      'Marked Encrypt',
      check.knownBy === null
        ? `did not come, ${instantText(check.at)}`
        : `${foundText(check.afterMs)}; claim ${check.claimIn === null ? 'lost' : 'kept'}`,
    ]);
  return (
    <dl className="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Actions({ source, title }: { source: ConnectionView; title: string }) {
  const { id, origin, state } = source;
  const change = useChangeConnection();
  const test = useTryConnection();
  const isPaused = state === 'paused';
  const canRemove = origin === 'page' || state === 'stopped';
  return (
    <>
      <div className="source-actions">
        {state !== 'stopped' && (
          <>
            <button
              type="button"
              className="button button-small"
              aria-label={`Test ${title}`}
              disabled={test.isPending}
              onClick={() => test.mutate({ id })}
            >
              {test.isPending ? 'Reading an hour…' : 'Test'}
            </button>
            <button
              type="button"
              className="button button-small"
              aria-label={`${isPaused ? 'Resume' : 'Pause'} ${title}`}
              disabled={change.isPending}
              onClick={() => change.mutate({ method: 'PUT', body: { id, paused: !isPaused } })}
            >
              {isPaused ? 'Resume' : 'Pause'}
            </button>
          </>
        )}
        {canRemove && (
          <button
            type="button"
            className="button button-small"
            aria-label={`Remove ${title}`}
            disabled={change.isPending}
            onClick={() => change.mutate({ method: 'DELETE', body: { id } })}
          >
            Remove
          </button>
        )}
      </div>
      {change.error && (
        <p className="field-fault" role="alert">
          {change.error.message}
        </p>
      )}
      <TriedResult view={test.data} error={test.error} />
    </>
  );
}
