'use client';

import type { LabView } from '../../lib/shared/lab/lab-view.ts';
import { countText, nounText, timeText } from '../../lib/shared/screen-text.ts';
import { Panel } from '../ui/panel.tsx';

/** The customer's own log as it fills; it is later than what happened. */
export function LabAuditPanel({ view: { audit, auditCounts, residual } }: { view: LabView }) {
  return (
    <Panel
      title="Audit log"
      note={
        <>
          {nounText(auditCounts.arrived, 'record')}, and {countText(auditCounts.onTheirWay)} on
          their way. Unexplained: <span className="num">{countText(residual)}</span>.
        </>
      }
    >
      <table className="data-table">
        <caption className="visually-hidden">The newest records</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Operation</th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          {audit.slice(0, 12).map(({ number, at, operation, by, error }) => (
            <tr key={number}>
              <th scope="row" className="num">
                {timeText(at, 'second')}
              </th>
              <td className="break">
                {operation}
                {error !== null && <span className="second is-failed">{error}</span>}
              </td>
              <td>{by}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
