'use client';

import { spikeCountHref } from '../../lib/shared/calls-href.ts';
import {
  countText,
  instantText,
  nounText,
  rangeText,
  shownText,
} from '../../lib/shared/screen-text.ts';
import { parseSpikeId } from '../../lib/shared/spike-id.ts';
import { type DropCause, namedEcho, type SpikeDetail } from '../../lib/shared/spike-view.ts';
import { chanceText, decimalText } from '../charts/model/figure-text.ts';
import { Answer } from '../explain/answer.tsx';
import { isAnswered } from '../hooks/fetch-view.ts';
import { keyLabel } from '../hooks/key-label.ts';
import { useSpike } from '../hooks/use-spikes.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { Combinations } from './combinations.tsx';
import { EchoChain } from './echo-chain.tsx';
import { SpikeBreakdowns } from './spike-breakdowns.tsx';
import { SpikeMinutes } from './spike-minutes.tsx';
import { SpikeTimeline } from './spike-timeline.tsx';
import { dropWords, unitWords } from './spike-words.ts';
import '../explain/explain.css';
import './spikes.css';

const minuteMs = 60_000;

/** One spike: when, how large, what it is made of and what began it. */
export function SpikeScreen({ id }: { id: string }) {
  const { filter } = useUrlState();
  const spike = useSpike(id, filter);
  const interval = parseSpikeId(id);
  const all = (
    <PageLink className="button" href="/spikes">
      All spikes
    </PageLink>
  );
  return (
    <>
      <div className="screen-head">
        <h1>
          {spike.data?.direction === 'drop' ? 'Drop' : 'Spike'}
          {interval && <span className="screen-range">{rangeText(interval)}</span>}
        </h1>
        {all}
      </div>
      <LoadedScreen
        request={spike}
        answer="Loading the spike"
        panel={{ title: 'Minute by minute', label: 'Loading its minutes' }}
        failure={{
          title: 'This spike cannot be shown',
          action: (error) => (isAnswered(error) ? all : undefined),
        }}
      >
        {(view) => <TakenApart spike={view} />}
      </LoadedScreen>
    </>
  );
}

function TakenApart({ spike }: { spike: SpikeDetail }) {
  const echo = namedEcho(spike);
  return (
    <>
      <Answer sentences={[spike.sentence]} links={[spike.links]}>
        <Figures spike={spike} />
      </Answer>
      {spike.drop === null && echo !== null && <SpikeTimeline spike={spike} echo={echo} />}
      <SpikeMinutes spike={spike} />
      {spike.drop === null ? (
        <EchoChain spike={spike} echo={echo} />
      ) : (
        <WhyItFell drop={spike.drop} />
      )}
      <SpikeBreakdowns spike={spike} />
      {spike.drop === null && <Combinations spike={spike} />}
    </>
  );
}

function WhyItFell({ drop: { kind, evidence } }: { drop: DropCause }) {
  return (
    <Panel title={`Why it fell: ${dropWords[kind].toLowerCase()}`} className="span-all">
      <ul className="panel-sentence">
        {evidence.map((line) => (
          <li key={line}>{shownText(line)}</li>
        ))}
      </ul>
    </Panel>
  );
}

function Figures({ spike }: { spike: SpikeDetail }) {
  const { unit, calls, expected, excess, peak, peakMinute, pValue, examined, sumsBefore } = spike;
  const { key, workspace } = spike;
  const { many, title } = unitWords[unit];
  const { causes } = spike.minutes.find(({ minute }) => minute === peakMinute) ?? spike;
  const ofPeak = { from: peakMinute, to: peakMinute + minuteMs, causes };
  return (
    <>
      {sumsBefore !== null && (
        <p className="answer-badge">
          <Badge tone="warn">
            Kept as sums only: single calls before {instantText(sumsBefore)} are past retention
          </Badge>
        </p>
      )}
      {sumsBefore === null && examined < calls && (
        <p className="answer-badge">
          <Badge tone="warn">
            Sampled: {countText(examined)} of {nounText(calls, unitWords[unit].one)} were looked at
          </Badge>
        </p>
      )}
      <dl className="figures answer-figures">
        <div>
          <dt>{title}</dt>
          <dd>
            <CountLink value={calls} href={spikeCountHref(spike)} label={`${many} of the spike`} />
          </dd>
        </div>
        <div>
          <dt>Expected</dt>
          <dd>{decimalText(expected)}</dd>
        </div>
        <div>
          <dt>Over expected</dt>
          <dd>{decimalText(excess)}</dd>
        </div>
        <div>
          <dt>Peak</dt>
          <dd>
            <CountLink
              value={peak}
              href={spikeCountHref({ ...spike, ...ofPeak })}
              label={`${many} of the busiest minute`}
            />{' '}
            <span className="muted">at {instantText(peakMinute)}</span>
          </dd>
        </div>
        <div>
          <dt>By chance</dt>
          <dd>
            <span title="How likely a minute as busy as the peak would be without a cause, at most">
              {chanceText(pValue)}
            </span>
          </dd>
        </div>
        <div>
          <dt>{workspace === null ? 'Key' : 'Workspace, key'}</dt>
          <dd className="break" title={key}>
            {workspace === null ? '' : `${workspace}, `}
            <WrappedText text={keyLabel(key)} />
          </dd>
        </div>
      </dl>
    </>
  );
}
