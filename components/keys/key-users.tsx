'use client';

import Link from 'next/link';
import { callsHref } from '../../lib/shared/calls-href.ts';
import type { KeyView } from '../../lib/shared/keys-view.ts';
import { countText, instantText, nounText } from '../../lib/shared/screen-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';

const usersMax = 20;
const minuteMs = 60_000;
const verdicts = {
  ours: { tone: 'good', label: 'This service' },
  service: { tone: 'info', label: 'A cloud service for somebody' },
  stranger: { tone: 'warn', label: 'Not known to be this service' },
} as const;

/** Who uses the key, and what breaks if it is disabled now. */
export function KeyUsers({ view }: { view: KeyView }) {
  const { users, ifDisabled } = view;
  const { workspaces, processes, darkBy, others } = ifDisabled;
  const isUsable = view.state === 'enabled' || view.state === 'untold';
  return (
    <Panel title="Who uses it, and what breaks without it" className="span-all">
      <p>
        {isUsable ? 'If it is disabled now,' : 'As it is now,'}{' '}
        {workspaces === 0
          ? 'no workspace that telemetry tells of is affected'
          : `${nounText(workspaces, 'workspace')} can be neither read nor written to`}
        {workspaces > 0 &&
          (darkBy === null
            ? ', at once: no process holds a data key under it'
            : `, by ${instantText(darkBy, 'second')} at the latest: ${nounText(processes, 'process holds', 'processes hold')} data keys until then`)}
        {others.length > 0
          ? `. ${nounText(others.length, 'caller')} not known to be this service ${others.length === 1 ? 'fails' : 'fail'}${workspaces > 0 ? ' too' : ''}.`
          : '. Nobody else used it in the last day of its log.'}{' '}
        {isUsable && <Link href="/docs/runbooks/leave">Before you do</Link>}
      </p>
      {users.length === 0 ? (
        <StateBox
          kind="empty"
          title="The log shows no use of it"
          text="Nobody used it as far as its log goes, or the log does not have the uses of keys."
          action={
            <PageLink className="button" href="/connections">
              Look at its log
            </PageLink>
          }
        />
      ) : (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">Who used the key</caption>
          <thead>
            <tr>
              <th scope="col">Principal</th>
              <th scope="col">Who it is</th>
              <th scope="col">Last used</th>
              <th scope="col" className="is-number">
                Refused
              </th>
              <th scope="col" className="is-number">
                Events
              </th>
            </tr>
          </thead>
          <tbody>
            {users
              .slice(0, usersMax)
              .map(({ principal, name, verdict, events, refused, firstAt, lastAt }) => (
                <tr key={principal}>
                  <th scope="row" className="mono break">
                    <WrappedText text={name} />
                  </th>
                  <td data-label="Who it is">
                    <Badge tone={verdicts[verdict].tone}>{verdicts[verdict].label}</Badge>
                  </td>
                  <td className="num" data-label="Last used">
                    {instantText(lastAt)}
                  </td>
                  <td className="is-number num" data-label="Refused">
                    {countText(refused)}
                  </td>
                  <td className="is-number num" data-label="Events">
                    <CountLink
                      value={events}
                      href={callsHref(
                        { show: 'uses', principal },
                        { key: view.key, from: firstAt, to: lastAt + minuteMs },
                      )}
                      label={`Events of ${name}`}
                    />
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
      {users.length > usersMax && (
        <p className="note panel-foot">{countText(users.length - usersMax)} more used it.</p>
      )}
    </Panel>
  );
}
