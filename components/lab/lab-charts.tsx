'use client';

import { causeLabel, causeOrder } from '../../lib/shared/causes.ts';
import { countOf } from '../../lib/shared/counts.ts';
import type { LabView, MessageOutcome } from '../../lib/shared/lab/lab-view.ts';
import { countText, instantText, spanText } from '../../lib/shared/screen-text.ts';
import { causePaint } from '../charts/cause-style.ts';
import { Swatch } from '../charts/cause-swatch.tsx';
import { partTotal, type StackPart, type StackRow } from '../charts/model/stack.ts';
import { StackChart } from '../charts/stack.tsx';
import { Panel } from '../ui/panel.tsx';

const outcomes: readonly { id: MessageOutcome; label: string; fill: string }[] = [
  { id: 'ok', label: 'Succeeded', fill: 'var(--bar-less)' },
  { id: 'denied', label: 'Denied', fill: causePaint('denied').fill },
  { id: 'wrong-key', label: 'Wrong key', fill: causePaint('suspect').fill },
  { id: 'outage', label: 'Outage, may be tried again', fill: causePaint('throttled').fill },
];

/** Rows that a table tells: the newest. */
const tableRowsMax = 30;

/** Messages that succeeded and failed. */
export function LabMessages({ view }: { view: LabView }) {
  const rows = view.buckets.map(({ from, messages }) => ({
    start: from,
    end: from + view.bucketMs,
    counts: messages,
  }));
  return (
    <Stacked title="Messages" noun="Messages by outcome" view={view} rows={rows} parts={outcomes} />
  );
}

/** KMS requests by why they were made. */
export function LabCauses({ view }: { view: LabView }) {
  const rows = view.buckets.map(({ from, causes }) => ({
    start: from,
    end: from + view.bucketMs,
    counts: causes,
  }));
  const parts = causeOrder
    .filter((cause) => partTotal(rows, cause) > 0)
    .map((cause) => ({ id: cause, label: causeLabel(cause), fill: causePaint(cause).fill }));
  return (
    <Stacked
      title="KMS requests"
      noun="KMS requests by cause"
      view={view}
      rows={rows}
      parts={parts}
    />
  );
}

function Stacked({
  title,
  noun,
  view,
  rows,
  parts,
}: {
  title: string;
  noun: string;
  view: LabView;
  rows: readonly StackRow[];
  parts: readonly StackPart[];
}) {
  const bucketOf = (at: number) => Math.floor(at / view.bucketMs) * view.bucketMs;
  const first = rows[0]?.start ?? 0;
  const marks = view.revocations.map(({ at }) => bucketOf(at)).filter((at) => at >= first);
  return (
    <Panel
      title={title}
      className="span-all"
      note={`${noun}, each bar ${spanText(view.bucketMs)}. A line: something was taken.`}
    >
      <StackChart label={noun} rows={rows} parts={parts} marks={[...new Set(marks)]} />
      <ul className="chart-legend">
        {parts.map(({ id, label, fill }) => (
          <li key={id}>
            <Swatch fill={fill} />
            {label} <span className="num">{countText(partTotal(rows, id))}</span>
          </li>
        ))}
      </ul>
      <details className="disclosure">
        <summary>{title} as a table</summary>
        <table className="data-table">
          <caption className="visually-hidden">{noun}</caption>
          <thead>
            <tr>
              <th scope="col">From</th>
              {parts.map(({ id, label }) => (
                <th key={id} scope="col" className="is-number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows
              .slice(-tableRowsMax)
              .toReversed()
              .map(({ start, counts }) => (
                <tr key={start}>
                  <th scope="row" className="num">
                    {instantText(start)}
                  </th>
                  {parts.map(({ id }) => (
                    <td key={id} className="is-number num">
                      {countText(countOf(counts, id))}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </Panel>
  );
}
