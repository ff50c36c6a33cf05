import { causeLabel } from '../../lib/shared/causes.ts';
import { countText, instantText } from '../../lib/shared/screen-text.ts';
import type { CauseSeries } from '../charts/model/cause-series.ts';

/** The chart's numbers for those who do not see it. */
export function CauseDataTable({ series }: { series: CauseSeries }) {
  return (
    <div className="visually-hidden">
      <table>
        <caption>KMS requests by cause and messages, bar by bar</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Messages</th>
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
              <td>{countText(row.messages)}</td>
              {series.causes.map((cause) => (
                <td key={cause}>{countText(row.causes[cause] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
