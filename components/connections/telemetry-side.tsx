import type { HeardProcess } from '../../lib/shared/connection-view.ts';
import { agoText, countText, instantText } from '../../lib/shared/screen-text.ts';
import { SenderSnippets } from '../start/sender-snippets.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';

const quietMs = 120_000;

/** Who sends telemetry, and how a service begins to. */
export function TelemetrySide({
  processes,
  tokenAt,
}: {
  processes: readonly HeardProcess[];
  tokenAt: string;
}) {
  return (
    <>
      {processes.length === 0 ? (
        <StateBox
          kind="empty"
          title="No process has sent telemetry"
          text="A log alone is enough; with telemetry nothing is guessed."
        />
      ) : (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">Processes that sent telemetry</caption>
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">State</th>
              <th scope="col">Started</th>
              <th scope="col">Last heard</th>
              <th scope="col" className="is-number">
                Starts
              </th>
            </tr>
          </thead>
          <tbody>
            {processes.map((process) => (
              <Process key={process.process} {...process} />
            ))}
          </tbody>
        </table>
      )}
      <div className="panel-foot">
        <SenderSnippets tokenAt={tokenAt} />
      </div>
    </>
  );
}

function Process({ process, boots, startedAt, silentMs, closed }: HeardProcess) {
  const isQuiet = silentMs !== null && silentMs > quietMs;
  return (
    <tr>
      <th scope="row" className="break">
        {process}
      </th>
      <td data-label="State">
        {closed ? (
          <Badge tone="plain">Ended</Badge>
        ) : silentMs === null ? (
          <Badge tone="plain">Not told</Badge>
        ) : (
          <Badge tone={isQuiet ? 'warn' : 'good'}>{isQuiet ? 'Silent' : 'Heard'}</Badge>
        )}
      </td>
      <td data-label="Started" className="num">
        {instantText(startedAt)}
      </td>
      <td data-label="Last heard" className="num">
        {silentMs === null ? 'not told' : agoText(silentMs)}
      </td>
      <td data-label="Starts" className="is-number">
        {countText(boots)}
      </td>
    </tr>
  );
}
