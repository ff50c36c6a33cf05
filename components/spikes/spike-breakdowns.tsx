'use client';

import { spikeCallsHref, spikeCountHref } from '../../lib/shared/calls-href.ts';
import { nounText, shareText } from '../../lib/shared/screen-text.ts';
import type { SpikeDimension } from '../../lib/shared/spike-dimensions.ts';
import type { SpikeBreakdown, SpikeDetail, SpikePart } from '../../lib/shared/spike-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { causePaint } from '../charts/cause-style.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { partHref } from './part-href.ts';
import { dimensionWords, unitWords } from './spike-words.ts';

/** What the spike is made of, dimension by dimension; the parts of each sum to its count. */
export function SpikeBreakdowns({ spike }: { spike: SpikeDetail }) {
  const { breakdowns, calls, unit } = spike;
  return (
    <Panel
      title="Made of"
      className="span-all"
      note={`Each list sums to ${nounText(calls, unitWords[unit].one)}; values lead to their calls.`}
    >
      {breakdowns.length === 0 ? (
        <StateBox
          kind="empty"
          title="Nothing finer is kept"
          text="Only the count of these minutes is left."
          action={
            <PageLink className="button" href={spikeCallsHref(spike)}>
              See its calls
            </PageLink>
          }
        />
      ) : (
        <div className="breakdowns">
          {breakdowns.map((breakdown) => (
            <Breakdown key={breakdown.dimension} breakdown={breakdown} spike={spike} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Breakdown({ breakdown, spike }: { breakdown: SpikeBreakdown; spike: SpikeDetail }) {
  const { dimension, parts } = breakdown;
  const { title, one } = dimensionWords[dimension];
  return (
    <table className="breakdown">
      <caption>{title}</caption>
      <colgroup>
        <col className="breakdown-name" />
        <col />
        <col className="breakdown-figure" />
        <col className="breakdown-figure" />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{one}</th>
          <th scope="col">Share as a bar</th>
          <th scope="col">Calls</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={tupleKey(part.label, part.value)}>
            <th scope="row">
              <PartName dimension={dimension} part={part} />
            </th>
            <td className="breakdown-bar">
              <svg width="100%" height="12" aria-hidden="true">
                <rect
                  width={`${part.share * 100}%`}
                  height="12"
                  rx="2"
                  fill={barFill(dimension, part)}
                />
              </svg>
            </td>
            <td className="breakdown-count">
              <CountLink
                value={part.calls}
                href={partHref(part, dimension, spike)}
                label={`Calls of ${one} ${part.label}`}
              />
            </td>
            <td className="breakdown-share num muted">{shareText(part.share)}</td>
          </tr>
        ))}
        <tr className="breakdown-sum">
          <th scope="row">Together</th>
          <td />
          <td className="breakdown-count num">
            <CountLink
              value={parts.reduce((sum, { calls }) => sum + calls, 0)}
              href={spikeCountHref(spike)}
              label="All of the spike"
            />
          </td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

const isCause = (dimension: SpikeDimension): boolean =>
  dimension === 'cause' || dimension === 'root';

function barFill(dimension: SpikeDimension, { value }: SpikePart): string {
  if (value === '') return 'var(--line-strong)';
  return isCause(dimension) ? causePaint(value).fill : 'url(#bar-total)';
}

function PartName({ dimension, part }: { dimension: SpikeDimension; part: SpikePart }) {
  if (part.value === '') return <span className="muted">{part.label}</span>;
  if (isCause(dimension)) return <CauseName cause={part.value} />;
  return (
    <span className={dimension === 'process' ? 'break' : 'break mono'} title={part.value}>
      {part.label}
    </span>
  );
}
