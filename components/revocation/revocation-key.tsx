'use client';

import Link from 'next/link';
import { type ClockReading, clockText, countdown } from '../../lib/shared/countdown.ts';
import type { ProcessLease, RevocationView } from '../../lib/shared/dto.ts';
import {
  countText,
  instantText,
  nounText,
  spanText,
  timeText,
} from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { useWallClock } from '../hooks/use-wall-clock.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Term } from '../ui/term.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';

type HeldKey = RevocationView['keys'][number];

const states: Record<ProcessLease['state'], { tone: Tone; label: string }> = {
  serving: { tone: 'good', label: 'Serving' },
  stale: { tone: 'warn', label: 'Silent' },
  dark: { tone: 'bad', label: 'Dark' },
  idle: { tone: 'plain', label: 'Idle' },
};

/** One key: its state, and the leases that run on it. */
export function RevocationKey({ held, reading }: { held: HeldKey; reading: ClockReading }) {
  const wallNow = useWallClock();
  const { enabled, disabledAt } = held;
  return (
    <div className="revocation-key">
      <header className="revocation-head">
        <h3 className="mono break">
          <WrappedText text={held.key} />
        </h3>
        {enabled === null ? (
          <Badge tone="plain">Not told</Badge>
        ) : (
          <Badge tone={enabled ? 'good' : 'bad'}>{enabled ? 'Enabled' : 'Disabled'}</Badge>
        )}
        {disabledAt !== null && (
          <>
            <span className="muted num">since {instantText(disabledAt, 'second')}</span>
            <Link href="/docs/runbooks/revoked-by-mistake">Revoked by mistake?</Link>
          </>
        )}
      </header>
      <Verdict held={held} reading={reading} wallNow={wallNow} />
      {held.processes.length > 0 && (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">Leases by process</caption>
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">State</th>
              <th scope="col" className="is-number">
                Live <Term of="DEK">DEKs</Term>
              </th>
              <th scope="col">Last success</th>
              <th scope="col">
                Last <Term of="lease" /> ends
              </th>
              <th scope="col">Time left</th>
            </tr>
          </thead>
          <tbody>
            {held.processes.map((lease) => (
              <LeaseRow
                key={tupleKey(lease.process, lease.boot)}
                lease={lease}
                reading={reading}
                wallNow={wallNow}
              />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** One line for the whole key. */
function Verdict({
  held,
  reading,
  wallNow,
}: {
  held: HeldKey;
  reading: ClockReading;
  wallNow: number;
}) {
  const serving = held.processes.filter(({ liveDeks }) => liveDeks > 0).length;
  if (held.darkBy === null || serving === 0) {
    const anyDark = held.processes.some(({ state }) => state === 'dark');
    return (
      <p className="verdict">
        {anyDark ? (
          <>
            Everything is dark.{' '}
            <Link href="/docs/runbooks/workspace-inaccessible">The workspace is inaccessible</Link>
          </>
        ) : (
          'Nothing is leased on this key.'
        )}
      </p>
    );
  }
  const { leftMs, isOver } = countdown(held.darkBy, reading, wallNow);
  const by = <strong className="num">{instantText(held.darkBy, 'second')}</strong>;
  const deks = held.processes.reduce((sum, { liveDeks }) => sum + liveDeks, 0);
  const holding = `${nounText(deks, 'data key is', 'data keys are')} held by ${nounText(serving, 'process', 'processes')}.`;
  if (held.enabled !== false) {
    return (
      <p className="verdict">
        {holding} If it were disabled now, everything would be dark by {by}.
      </p>
    );
  }
  return (
    <p className="verdict">
      {holding} Everything dark by {by}
      {!isOver && (
        <>
          , in <span className="num">{clockText(leftMs)}</span>
        </>
      )}
      .
    </p>
  );
}

interface LeaseNow {
  lease: ProcessLease;
  reading: ClockReading;
  wallNow: number;
}

function LeaseRow({ lease, reading, wallNow }: LeaseNow) {
  const { tone, label } = states[lease.state];
  const { lastLeaseEndsAt: endsAt, lastSuccessAt } = lease;
  return (
    <tr>
      <th scope="row" className="nowrap">
        {lease.process} <span className="muted mono">{lease.boot}</span>
      </th>
      <td data-label="State">
        <Badge tone={tone}>{label}</Badge>
        {lease.state === 'stale' && (
          <span className="muted num"> since {timeText(lease.lastWordAt)}</span>
        )}
      </td>
      <td className="is-number num" data-label="Live DEKs">
        {countText(lease.liveDeks)}
      </td>
      <td className="num" data-label="Last success">
        {lastSuccessAt === null ? 'none' : timeText(lastSuccessAt, 'second')}
      </td>
      <td className="num" data-label="Last lease ends">
        {endsAt === null ? 'no lease' : instantText(endsAt, 'second')}
      </td>
      <td data-label="Time left">
        <TimeToDark lease={lease} reading={reading} wallNow={wallNow} />
      </td>
    </tr>
  );
}

function TimeToDark({ lease, reading, wallNow }: LeaseNow) {
  if (lease.state === 'dark' && lease.deniedAt !== null) {
    return <span className="num">dark since {timeText(lease.deniedAt, 'second')}</span>;
  }
  if (lease.lastLeaseEndsAt === null) return <span className="muted">holds nothing</span>;
  const { leftMs, wallLeftMs, isOver } = countdown(lease.lastLeaseEndsAt, reading, wallNow);
  if (isOver) return <span className="num">0:00:00, lease ended</span>;
  return (
    <span className="num">
      <strong role="timer" aria-label={`Countdown of ${lease.process}`}>
        {clockText(leftMs)}
      </strong>
      {reading.speed > 1 && (
        <span className="muted">
          {' '}
          {spanText(Math.ceil(wallLeftMs / 1000) * 1000)} on your clock
        </span>
      )}
    </span>
  );
}
