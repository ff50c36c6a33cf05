'use client';

import type { PerMessage } from '../../lib/shared/dto.ts';
import { countText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { decimalText } from '../charts/model/figure-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { WiderLink } from '../ui/wider-link.tsx';

const kinds: ReadonlyMap<string, string> = new Map([
  ['encrypt', 'Seal'],
  ['decrypt', 'Open'],
]);
const scopes: ReadonlyMap<string, string> = new Map([
  ['message', 'in a message'],
  ['outside', 'outside of any message'],
]);

/** How messages turn into DEK lookups, and whose old data was opened. */
export function PerMessagePanel({ perMessage }: { perMessage: PerMessage }) {
  const { operations, deksPerMessage, reopened } = perMessage;
  return (
    <Panel
      title="Lookups a message"
      note={
        <>
          A message looks up the <Term of="DEK" /> that seals it, and each DEK of the history that
          it opens.
        </>
      }
    >
      {operations.length === 0 ? (
        <StateBox
          kind="empty"
          title="No lookups in this window"
          text="Telemetry of the engines tells them; none has come for this window."
          action={<WiderLink />}
        />
      ) : (
        <table className="data-table">
          <caption className="visually-hidden">DEK lookups by kind</caption>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col" className="is-number">
                Lookups
              </th>
              <th scope="col" className="is-number">
                A message
              </th>
            </tr>
          </thead>
          <tbody>
            {operations.map(({ scope, path, n, perMessage: each }) => (
              <tr key={tupleKey(scope, path)}>
                <th scope="row">
                  {kinds.get(path) ?? path}{' '}
                  <span className="muted">{scopes.get(scope) ?? scope}</span>
                </th>
                <td className="is-number">{countText(n)}</td>
                <td className="is-number">
                  {each === null ? <span className="muted">apart</span> : decimalText(each)}
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">
                DEKs opened <span className="muted">in one message, on average</span>
              </th>
              <td />
              <td className="is-number">
                {deksPerMessage === null ? (
                  <span className="muted">no messages</span>
                ) : (
                  decimalText(deksPerMessage)
                )}
              </td>
            </tr>
          </tbody>
        </table>
      )}
      {operations.length + reopened.length > 0 && <Reopened reopened={reopened} />}
    </Panel>
  );
}

function Reopened({ reopened }: { reopened: PerMessage['reopened'] }) {
  if (reopened.length === 0) {
    return <p className="note panel-foot">No conversation opened old DEKs in this window.</p>;
  }
  return (
    <div className="panel-foot">
      <h3>Conversations that opened old DEKs</h3>
      <ul className="tag-list">
        {reopened.map(({ tag, calls, href }) => (
          <li key={tag}>
            <PageLink href={href} className="mono break" title="All its calls">
              {tag}
            </PageLink>{' '}
            <span className="num">{countText(calls)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
