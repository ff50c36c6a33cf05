import { countText, rangeText, shareText } from '../../lib/shared/screen-text.ts';
import { CauseName } from './cause-swatch.tsx';
import { lineText } from './line-text.ts';
import type { CauseRow } from './model/cause-series.ts';
import { shareSegments } from './model/share-segments.ts';
import './chart.css';

/** A bucket's requests by cause, largest first, and what the line tells there. */
export function CauseTooltip({
  row,
  line,
}: {
  row: CauseRow | undefined;
  line: { label: string; of: (row: CauseRow) => number | null };
}) {
  if (!row) return null;
  return (
    <div className="chart-tooltip">
      <p className="chart-tooltip-title">{rangeText({ from: row.start, to: row.end })}</p>
      <table>
        <tbody>
          {shareSegments(row.causes).map(({ cause, count, from, to }) => (
            <tr key={cause}>
              <th scope="row">
                <CauseName cause={cause} />
              </th>
              <td>{countText(count)}</td>
              <td className="muted">{shareText(to - from)}</td>
            </tr>
          ))}
          <tr className="chart-tooltip-sum">
            <th scope="row">KMS requests</th>
            <td>{countText(row.requests)}</td>
            <td />
          </tr>
          <tr>
            <th scope="row">{line.label}</th>
            <td>{lineText(line.of(row))}</td>
            <td />
          </tr>
        </tbody>
      </table>
      {row.hatch === 1 && <p className="muted">The audit log is not complete here yet.</p>}
    </div>
  );
}
