'use client';

import { useState } from 'react';
import { keyStateWords } from '../../lib/shared/key-words.ts';
import type { ReadableView } from '../../lib/shared/keys-view.ts';
import { countText, shareText } from '../../lib/shared/screen-text.ts';
import { useReadable } from '../hooks/use-keys.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { allAges, dekAges, openDeks } from './open-deks.ts';

/**
 * Whose data can be read now, by key and age of the data key. Counted when asked, as it looks at every call, and only
 * where telemetry told of any.
 */
export function ReadableByKey({ isTold }: { isTold: boolean }) {
  const [isAsked, setIsAsked] = useState(false);
  const readable = useReadable(isAsked);
  const count = () => (isAsked ? void readable.refetch() : setIsAsked(true));
  return (
    <Panel
      title="What can be read now"
      className="span-all"
      note="Data keys in two weeks of telemetry, by key and by age; older data are not counted."
      tools={
        isTold && (
          <button type="button" className="button" onClick={count} disabled={readable.isFetching}>
            {readable.data ? 'Count again' : 'Count data keys'}
          </button>
        )
      }
    >
      {!isTold ? (
        <Untold />
      ) : isAsked ? (
        <Loaded request={readable} label="Counting data keys">
          {(view) => <Shares view={view} />}
        </Loaded>
      ) : (
        <StateBox
          kind="empty"
          title="Not counted yet"
          text="It looks at every call of two weeks, and says which share of the data keys under each key can be opened."
        />
      )}
    </Panel>
  );
}

const Untold = () => (
  <StateBox
    kind="empty"
    title="No telemetry tells of data keys"
    text="Only the service knows how much of its data can be read: its telemetry tells."
    action={
      <PageLink className="button" href="/start">
        Connect telemetry
      </PageLink>
    }
  />
);

const ages = ['hour', 'day', 'week', 'older'] as const;

function Shares({ view }: { view: ReadableView }) {
  const told = view.keys.filter(({ readable }) => readable.length > 0);
  if (told.length === 0) return <Untold />;
  return (
    <table className="data-table cards-on-phone">
      <caption className="visually-hidden">Readable data keys by key and age</caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">State</th>
          <th scope="col" className="is-number">
            Data keys
          </th>
          <th scope="col" className="is-number">
            Readable
          </th>
          {ages.map((age) => (
            <th key={age} scope="col" className="is-number">
              {dekAges[age]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {told.map(({ key, state, readable }) => {
          const all = allAges(readable);
          const share = (one: typeof all | undefined) =>
            one === undefined ? 'none there' : shareText(openDeks(state, one) / one.deks);
          return (
            <tr key={key}>
              <th scope="row">
                <PageLink className="mono break" href={`/keys/${encodeURIComponent(key)}`}>
                  <WrappedText text={key} />
                </PageLink>
              </th>
              <td data-label="State">
                <Badge tone={keyStateWords[state].tone}>{keyStateWords[state].label}</Badge>
              </td>
              <td className="is-number num" data-label="Data keys">
                {countText(all.deks)}
              </td>
              <td className="is-number num" data-label="Readable">
                {share(all)}
              </td>
              {ages.map((age) => (
                <td key={age} className="is-number num" data-label={dekAges[age]}>
                  {share(readable.find((one) => one.age === age))}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
