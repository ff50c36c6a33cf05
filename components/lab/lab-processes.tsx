'use client';

import { clockText } from '../../lib/shared/countdown.ts';
import type { LabProcess, LabView } from '../../lib/shared/lab/lab-view.ts';
import { lastUseOf } from '../../lib/shared/lab/lab-words.ts';
import { countText, timeText } from '../../lib/shared/screen-text.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';

/** Each process's leases running out: a bar and a countdown to the last possible use. */
export function LabProcesses({ view, now }: { view: LabView; now: number }) {
  return (
    <Panel
      title="Processes"
      className="span-all"
      note="Until when each process can use what it holds: of the key that was taken, else of all keys."
    >
      <table className="data-table cards-on-phone">
        <caption className="visually-hidden">Leases by process</caption>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col">State</th>
            <th scope="col" className="is-number">
              <Term of="lease">Leases</Term>
            </th>
            <th scope="col">Last possible use</th>
            <th scope="col">Last success</th>
            <th scope="col">Last denied</th>
          </tr>
        </thead>
        <tbody>
          {view.processes.map((process) => (
            <ProcessRow key={process.process} process={process} view={view} now={now} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function ProcessRow({ process, view, now }: { process: LabProcess; view: LabView; now: number }) {
  const end = lastUseOf(process);
  const leftMs = end === null ? 0 : Math.max(0, end - now);
  const { tone, label } = stateOf(process, view, leftMs);
  const { lastSuccessAt, lastDeniedAt } = process;
  return (
    <tr>
      <th scope="row" className="nowrap">
        {process.process}
      </th>
      <td data-label="State">
        <Badge tone={tone}>{label}</Badge>
      </td>
      <td className="is-number num" data-label="Leases">
        {countText(process.leases)}
      </td>
      <td className="num lab-left" data-label="Last possible use">
        {leftMs === 0 ? (
          <span className="muted">holds nothing{process.isTaken ? ' of it' : ''}</span>
        ) : (
          <>
            <span role="timer" aria-label={`Left of ${process.process}`} suppressHydrationWarning>
              {clockText(leftMs)}
            </span>
            <LeftBar share={leftMs / view.ttlMs} />
          </>
        )}
      </td>
      <td className="num" data-label="Last success">
        {lastSuccessAt === null ? 'none' : timeText(lastSuccessAt, 'second')}
      </td>
      <td className="num" data-label="Last denied">
        {lastDeniedAt === null ? 'never' : timeText(lastDeniedAt, 'second')}
      </td>
    </tr>
  );
}

function stateOf(
  { isTaken }: LabProcess,
  { kms }: LabView,
  leftMs: number,
): { tone: Tone; label: string } {
  if (isTaken)
    return leftMs > 0 ? { tone: 'warn', label: 'Still holds' } : { tone: 'bad', label: 'Dark' };
  if (kms !== 'cut-off') return { tone: 'good', label: 'Serving' };
  return leftMs > 0 ? { tone: 'warn', label: 'On leases' } : { tone: 'bad', label: 'No lease' };
}

/** The share of a TTL that is left; the number beside it says the same. */
function LeftBar({ share }: { share: number }) {
  return (
    <svg className="lab-bar" height="8" aria-hidden="true" focusable="false">
      <rect width="100%" height="8" rx="4" fill="var(--line)" />
      <rect width={`${Math.min(1, share) * 100}%`} height="8" rx="4" fill="var(--bar-less)" />
    </svg>
  );
}
