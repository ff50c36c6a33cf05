/** The numbers of the pattern's charts for those who do not see them, short enough to be read. */
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { countText, instantText } from '../../lib/shared/screen-text.ts';
import { decimalText } from '../charts/model/figure-text.ts';
import type { HeatGrid } from '../charts/model/heatmap.ts';

const hoursMax = 200;
const periodsMax = 20;

/** The heatmap hour by hour, the newest of many. */
export function HourTable({ grid: { rows }, noun }: { grid: HeatGrid; noun: string }) {
  return (
    <div className="chart-table visually-hidden">
      <table>
        <caption>{noun} hour by hour, and the busiest minute of each</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col">Counted</th>
            <th scope="col">Busiest minute</th>
            <th scope="col">Counted in it</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(-hoursMax).map(({ hour, minutes, incomplete }) => {
            const most = Math.max(0, ...minutes);
            return (
              <tr key={hour}>
                <th scope="row">{instantText(hour)}</th>
                <td>
                  {countText(minutes.reduce((sum, count) => sum + count, 0))}
                  {incomplete && ' so far'}
                </td>
                <td>{most === 0 ? 'none' : minutes.indexOf(most)}</td>
                <td>{countText(most)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The strongest of the periods that were tried. */
export function PeriodTable({ spectrum }: Pick<PatternView, 'spectrum'>) {
  const strongest = spectrum.toSorted((a, b) => b.z - a.z).slice(0, periodsMax);
  return (
    <div className="chart-table visually-hidden">
      <table>
        <caption>Periods tried, the strongest first</caption>
        <thead>
          <tr>
            <th scope="col">Minutes</th>
            <th scope="col">Strength</th>
          </tr>
        </thead>
        <tbody>
          {strongest.map(({ periodMs, z }) => (
            <tr key={periodMs}>
              <th scope="row">{decimalText(periodMs / 60_000)}</th>
              <td>{decimalText(z)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
