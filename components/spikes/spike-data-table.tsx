import { countText, instantText } from '../../lib/shared/screen-text.ts';
import { type ComingEcho, comingText, type SpikeRow } from '../charts/model/spike-series.ts';

/** The chart's numbers for those who do not see it: neighbouring steps together, so that it stays readable. */
export function SpikeDataTable({
  rows,
  coming,
  noun,
}: {
  rows: readonly SpikeRow[];
  coming: readonly ComingEcho[];
  noun: string;
}) {
  return (
    <div className="chart-table visually-hidden">
      <table>
        <caption>{noun} counted and expected, over time</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Counted</th>
            <th scope="col">Expected</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ start, calls, expected, incomplete }) => (
            <tr key={start}>
              <th scope="row">{instantText(start)}</th>
              <td>
                {countText(calls)}
                {incomplete && ' so far'}
              </td>
              <td>{countText(Math.round(expected))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {coming.map((echo) => (
        <p key={echo.from}>Ahead: {comingText(echo)}</p>
      ))}
    </div>
  );
}
