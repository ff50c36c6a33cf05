'use client';

import { spikeCallsHref } from '../../lib/shared/calls-href.ts';
import { nounText, shareText } from '../../lib/shared/screen-text.ts';
import { spikeDimensions } from '../../lib/shared/spike-dimensions.ts';
import type { SpikeCombination, SpikeDetail } from '../../lib/shared/spike-view.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { chanceText, decimalText, timesText } from '../charts/model/figure-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { combinationHref } from './combination-href.ts';
import { dimensionWords, unitWords } from './spike-words.ts';

/** For what lineage does not explain: what these calls share more often than those around, per equal time. */
export function Combinations({ spike }: { spike: SpikeDetail }) {
  const { combinations, calls, echo, unit } = spike;
  const left = calls - (echo?.calls ?? 0);
  return (
    <Panel
      title="What the rest has in common"
      className="span-all"
      note={
        `For the ${nounText(left, unitWords[unit].one)} that lineage does not explain: how many came a minute ` +
        'within the spike, and in the half hours before and after it.'
      }
    >
      {combinations.length === 0 ? (
        <StateBox
          kind="empty"
          title={left <= 0 ? 'Lineage explains all of it' : 'Nothing stands out'}
          text={
            left <= 0
              ? 'Lineage explains every call.'
              : 'The rest is spread over workspaces, processes and DEKs as it is around the spike.'
          }
          action={
            <PageLink className="button" href={spikeCallsHref(spike)}>
              See its calls
            </PageLink>
          }
        />
      ) : (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">What the rest has in common</caption>
          <thead>
            <tr>
              <th scope="col">They share</th>
              <th scope="col" className="is-number">
                {unitWords[unit].title}
              </th>
              <th scope="col" className="is-number">
                A minute here
              </th>
              <th scope="col" className="is-number">
                Around
              </th>
              <th scope="col" className="is-number">
                Change
              </th>
              <th scope="col" className="is-number">
                Of the excess
              </th>
              <th scope="col" className="is-number">
                By chance
              </th>
            </tr>
          </thead>
          <tbody>
            {combinations.map((combination) => (
              <Row
                key={JSON.stringify(combination.values)}
                combination={combination}
                spike={spike}
              />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Row({ combination, spike }: { combination: SpikeCombination; spike: SpikeDetail }) {
  const { values, calls, rate, rateAround, share, pValue } = combination;
  return (
    <tr>
      <th scope="row">
        <span className="shared-values">
          {spikeDimensions.map((dimension) => {
            const value = values[dimension];
            return (
              value !== undefined && (
                <span key={dimension}>
                  <span className="muted">{dimensionWords[dimension].one}</span>{' '}
                  {dimension === 'cause' || dimension === 'root' ? (
                    <CauseName cause={value} />
                  ) : (
                    <span className="break">{value}</span>
                  )}
                </span>
              )
            );
          })}
        </span>
      </th>
      <td className="is-number" data-label="Calls">
        <CountLink
          value={calls}
          href={combinationHref(values, spike)}
          label="Calls that share this"
        />
      </td>
      <td className="is-number" data-label="A minute here">
        {decimalText(rate)}
      </td>
      <td className="is-number" data-label="Around">
        {decimalText(rateAround)}
      </td>
      <td className="is-number" data-label="Change">
        {timesText(rate, rateAround)}
      </td>
      <td className="is-number" data-label="Of the excess">
        {shareText(share)}
      </td>
      <td className="is-number" data-label="By chance">
        {chanceText(pValue)}
      </td>
    </tr>
  );
}
