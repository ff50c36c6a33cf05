'use client';

import { keyStateWords } from '../../lib/shared/key-words.ts';
import type { KeysView } from '../../lib/shared/keys-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { ExportLinks } from '../export/export-links.tsx';
import { useKeys } from '../hooks/use-keys.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { ReadableByKey } from './readable-by-key.tsx';
import '../explain/explain.css';

/** Every key that the log or telemetry names. */
export function KeysScreen() {
  const keys = useKeys();
  return (
    <>
      <div className="screen-head">
        <h1>Keys</h1>
      </div>
      <div className="explain-grid">
        <Panel
          title="Keys in use"
          className="span-all"
          tools={keys.data && keys.data.keys.length > 0 && <ExportLinks of="keys" />}
          note="As the log and telemetry show them; the last used first."
        >
          <Loaded request={keys} label="Loading keys">
            {(view) => <Listed view={view} />}
          </Loaded>
        </Panel>
        {keys.data && keys.data.keys.length > 0 && (
          <ReadableByKey isTold={keys.data.keys.some(({ lastCallAt }) => lastCallAt !== null)} />
        )}
      </div>
    </>
  );
}

function Listed({ view }: { view: KeysView }) {
  if (view.keys.length === 0)
    return (
      <StateBox
        kind="empty"
        title="No key is known yet"
        text="Neither an audit log nor telemetry names one."
        action={
          <PageLink className="button button-primary" href="/start">
            Connect a log or telemetry
          </PageLink>
        }
      />
    );
  return (
    <table className="data-table cards-on-phone">
      <caption className="visually-hidden">Keys and their states</caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">State</th>
          <th scope="col">In its log last</th>
          <th scope="col">In telemetry last</th>
        </tr>
      </thead>
      <tbody>
        {view.keys.map(({ key, state, since, lastEventAt, lastCallAt }) => (
          <tr key={key}>
            <th scope="row">
              <PageLink className="mono break" href={`/keys/${encodeURIComponent(key)}`}>
                <WrappedText text={key} />
              </PageLink>
            </th>
            <td data-label="State">
              <Badge tone={keyStateWords[state].tone}>{keyStateWords[state].label}</Badge>
              {since !== null && <span className="muted num"> since {instantText(since)}</span>}
            </td>
            <td className="num nowrap" data-label="In its log last">
              {lastEventAt === null ? 'never' : instantText(lastEventAt)}
            </td>
            <td className="num nowrap" data-label="In telemetry last">
              {lastCallAt === null ? 'never' : instantText(lastCallAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
