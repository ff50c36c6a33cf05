'use client';

import Link from 'next/link';
import type { KeyView } from '../../lib/shared/keys-view.ts';
import { countText, nounText, shareText } from '../../lib/shared/screen-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { allAges, dekAges, openDeks } from './open-deks.ts';

/** Data keys under the key, by age: whose data can be read now. */
export function ReadableData({ view }: { view: KeyView }) {
  const { readable, mixed, state } = view;
  const { deks, ...rest } = allAges(readable);
  const open = (one: Omit<(typeof readable)[number], 'age'>) => openDeks(state, one);
  return (
    <Panel
      title="What can be read now"
      className="span-all"
      note="Data keys in two weeks of telemetry, by their age; older data are not counted."
    >
      {deks === 0 ? (
        <StateBox
          kind="empty"
          title="No telemetry tells of data keys under it"
          text="Only the service knows how much of its data can be read: its telemetry tells."
          action={
            <PageLink className="button" href="/start">
              Connect telemetry
            </PageLink>
          }
        />
      ) : (
        <>
          <p className="verdict">
            {shareText(open({ deks, ...rest }) / deks)} of {nounText(deks, 'data key')} can be
            opened now.
          </p>
          <table className="data-table cards-on-phone">
            <caption className="visually-hidden">Data keys by age</caption>
            <thead>
              <tr>
                <th scope="col">Age</th>
                <th scope="col" className="is-number">
                  Data keys
                </th>
                <th scope="col" className="is-number">
                  Readable
                </th>
                <th scope="col" className="is-number">
                  Held in memory
                </th>
                <th scope="col" className="is-number">
                  Last load refused
                </th>
              </tr>
            </thead>
            <tbody>
              {readable.map((one) => (
                <tr key={one.age}>
                  <th scope="row">{dekAges[one.age]}</th>
                  <td className="is-number num" data-label="Data keys">
                    {countText(one.deks)}
                  </td>
                  <td className="is-number num" data-label="Readable">
                    {countText(open(one))} ({shareText(open(one) / one.deks)})
                  </td>
                  <td className="is-number num" data-label="Held in memory">
                    {countText(one.held)}
                  </td>
                  <td className="is-number num" data-label="Last load refused">
                    {countText(one.refused)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {mixed.length > 0 && (
        <p className="panel-foot">
          {nounText(mixed.length, 'workspace has', 'workspaces have')} data under this key and
          another one: {mixed.map(({ workspace }) => workspace).join(', ')}. What lies under a key
          that does not answer cannot be read.{' '}
          <Link href="/docs/runbooks/switch-keys-regularly">Switch keys regularly (alias)</Link>
        </p>
      )}
    </Panel>
  );
}
