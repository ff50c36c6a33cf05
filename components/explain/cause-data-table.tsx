import { causeLabel } from '../../lib/shared/causes.ts';
import { countOf } from '../../lib/shared/counts.ts';
import { countText, instantText } from '../../lib/shared/screen-text.ts';
import type { SpikeUnit } from '../../lib/shared/spike-view.ts';
import { lineText } from '../charts/line-text.ts';
import type { CauseRow, CauseSeries } from '../charts/model/cause-series.ts';
import { unitWords } from '../spikes/spike-words.ts';

/** The chart's numbers for those who do not see it. */
export function CauseDataTable({
  series,
  line,
  unit,
}: {
  series: CauseSeries;
  unit: SpikeUnit;
  line: { label: string; of: (row: CauseRow) => number | null };
}) {
  return (
    <div className="chart-table visually-hidden">
      <table>
        <caption>{unitWords[unit].many} by cause, bar by bar</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">{line.label}</th>
            {series.causes.map((cause) => (
              <th key={cause} scope="col">
                {causeLabel(cause)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.rows.map((row) => (
            <tr key={row.start}>
              <th scope="row">{instantText(row.start)}</th>
              <td>{lineText(line.of(row))}</td>
              {series.causes.map((cause) => (
                <td key={cause}>{countText(countOf(row.causes, cause))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
