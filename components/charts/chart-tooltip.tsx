import { rangeText } from '../../lib/shared/screen-text.ts';
import './chart.css';

/** What a chart tells of the bucket under the cursor: rows of a table, and words below it. */
export function ChartTooltip({
  of,
  rows,
  children,
}: {
  of: { start: number; end: number };
  rows: React.ReactNode;
  children?: React.ReactNode;
}) {
  return (
    <div className="chart-tooltip">
      <p className="chart-tooltip-title">{rangeText({ from: of.start, to: of.end })}</p>
      <table>
        <tbody>{rows}</tbody>
      </table>
      {children}
    </div>
  );
}
