import { instantText } from '../../lib/shared/screen-text.ts';
import type { KeyHour } from '../charts/model/key-hours.ts';

const hoursMax = 200;

/** The life line's hours, the newest of many, for those who do not see the chart. */
export function KeyHourTable({ hours }: { hours: readonly KeyHour[] }) {
  return (
    <div className="chart-table visually-hidden">
      <table>
        <caption>Requests in the key’s log by hour</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col">Requests and changes</th>
          </tr>
        </thead>
        <tbody>
          {hours.slice(-hoursMax).map(({ from, text }) => (
            <tr key={from}>
              <th scope="row">{instantText(from)}</th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
