'use client';

import { callsHref } from '../../lib/shared/calls-href.ts';
import type { ComparedCount, Comparison } from '../../lib/shared/dto.ts';
import { rangeText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { windowChanges } from '../../lib/shared/window-param.ts';
import { changeText } from '../charts/model/figure-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { NewestLink } from '../ui/newest-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { StateLink } from '../ui/state-link.tsx';

/** What a count lists; nobody keeps a list of messages or of lookups. */
const lists: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  ['requests', {}],
  ['events', { show: 'logged' }],
  ['stranger', { show: 'strangers' }],
  ['suspect', { show: 'suspects' }],
]);

function hrefOf(id: string | undefined, window?: TimeWindow): string | undefined {
  const list = lists.get(id ?? '');
  return list && callsHref(list, window);
}

const names: Record<Comparison['kind'], string> = {
  previous: 'Period before',
  'same-weekday': 'Same weekday',
};

/** Counts of the window beside those of earlier ones; from nothing they are new, never a share. */
export function Compared({ comparisons }: { comparisons: readonly Comparison[] }) {
  const [first] = comparisons;
  return (
    <Panel title="Compared" note="This window beside earlier ones of the same length.">
      {first === undefined ? (
        <StateBox
          kind="empty"
          title="Nothing to compare with"
          text="No earlier window of this length is known."
          action={<NewestLink />}
        />
      ) : (
        <table className="data-table compared-table">
          <caption className="visually-hidden">Counts beside those of earlier windows</caption>
          <thead>
            <tr>
              <th scope="col">Count</th>
              <th scope="col" className="is-number">
                Now
              </th>
              {comparisons.map(({ kind, window }) => (
                <th key={kind} scope="col" className="is-number">
                  <StateLink
                    changes={windowChanges({ kind: 'between', ...window })}
                    aria-label={`${names[kind]}, ${rangeText(window)}: look at it`}
                  >
                    {names[kind]}
                  </StateLink>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first.counts.map((count) => (
              <tr key={count.id}>
                <th scope="row">{count.label}</th>
                <td className="is-number">
                  <CountLink
                    value={count.now}
                    href={hrefOf(count.id)}
                    label={`${count.label} now`}
                  />
                </td>
                {comparisons.map(({ kind, counts, window }) => (
                  <Before
                    key={kind}
                    count={counts.find(({ id }) => id === count.id)}
                    name={names[kind]}
                    window={window}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {comparisons.map(({ kind, window }) => (
        <p key={kind} className="note num">
          {names[kind]}: {rangeText(window)}
        </p>
      ))}
    </Panel>
  );
}

/** Others' use of the key is worth a colour when it grows; more traffic is neither good nor bad. */
const alarming = new Set(['stranger', 'suspect']);

function Before({
  count,
  name,
  window,
}: {
  count: ComparedCount | undefined;
  name: string;
  window: TimeWindow;
}) {
  const { kind, text } = changeText(count?.now ?? 0, count?.before ?? null);
  const before = count?.before ?? null;
  const isAlarm =
    count !== undefined && alarming.has(count.id) && (kind === 'new' || kind === 'more');
  return (
    <td className="is-number">
      {before === null ? (
        <span className="muted">{text}</span>
      ) : (
        <>
          <CountLink
            value={before}
            href={hrefOf(count?.id, window)}
            label={`${count?.label}, ${name}`}
          />{' '}
          <span className={`change ${isAlarm ? 'is-alarm' : 'muted'}`}>{text}</span>
        </>
      )}
    </td>
  );
}
