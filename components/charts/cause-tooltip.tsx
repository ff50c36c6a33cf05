import { countText, shareText } from '../../lib/shared/screen-text.ts';
import { CauseName } from './cause-swatch.tsx';
import { ChartTooltip } from './chart-tooltip.tsx';
import { lineText } from './line-text.ts';
import type { CauseRow } from './model/cause-series.ts';
import { shareSegments } from './model/share-segments.ts';

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
    <ChartTooltip
      of={row}
      rows={
        <>
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
        </>
      }
    >
      {row.hatch === 1 && <p className="muted">The audit log is not complete here yet.</p>}
    </ChartTooltip>
  );
}
