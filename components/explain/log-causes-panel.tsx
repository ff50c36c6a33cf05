'use client';

import { logCauseHref } from '../../lib/shared/calls-href.ts';
import { addTo } from '../../lib/shared/counts.ts';
import type { LogCauses } from '../../lib/shared/dto.ts';
import { shareText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { ShareBar } from '../charts/share-bar.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { SampledBadge } from './sampled-badge.tsx';

const ways = {
  claimed: { label: 'Claimed', tone: 'good', about: 'As the event itself says.' },
  inferred: {
    label: 'Inferred',
    tone: 'warn',
    about: 'From the event’s context, session, address and time.',
  },
} as const;

/** Causes read from the audit log itself, where there is no telemetry, each with how certain it is. */
export function LogCausesPanel({ log }: { log: LogCauses }) {
  const { examined, causes } = log;
  const sums = new Map<string, number>();
  for (const { cause, events } of causes) addTo(sums, cause, events);
  return (
    <Panel
      title="Causes as the log tells them"
      className="span-all"
      note="No engine telemetry covers this window: the audit log alone is read."
      tools={<SampledBadge log={log} />}
    >
      {causes.length === 0 ? (
        <StateBox
          kind="empty"
          title="The log names no use of the key here"
          text="Send the engine’s telemetry, or look at another window."
          action={<WiderLink />}
        />
      ) : (
        <>
          <ShareBar causes={Object.fromEntries(sums)} />
          <table className="data-table cards-on-phone log-causes">
            <caption className="visually-hidden">Causes as the log tells them</caption>
            <thead>
              <tr>
                <th scope="col">Cause</th>
                <th scope="col" className="is-number">
                  Events
                </th>
                <th scope="col" className="is-number">
                  Share
                </th>
                <th scope="col">How it is known</th>
                <th scope="col" className="is-number">
                  Confidence
                </th>
              </tr>
            </thead>
            <tbody>
              {causes.map(({ cause, events, how, confidence }) => (
                <tr key={tupleKey(cause, how)}>
                  <th scope="row">
                    <CauseName cause={cause} />
                  </th>
                  <td className="is-number" data-label="Events">
                    <CountLink
                      value={events}
                      href={logCauseHref({ cause, how, over: null })}
                      label={`Events of ${cause}`}
                    />
                  </td>
                  <td className="is-number" data-label="Share">
                    {shareText(examined > 0 ? events / examined : 0)}
                  </td>
                  <td data-label="Known">
                    <span title={ways[how].about}>
                      <Badge tone={ways[how].tone}>{ways[how].label}</Badge>
                    </span>
                  </td>
                  <td className="is-number" data-label="Confidence">
                    {shareText(confidence)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Panel>
  );
}
