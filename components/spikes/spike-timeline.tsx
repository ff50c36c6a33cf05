'use client';

import { echoStepMs } from '../../lib/shared/echo-step.ts';
import { providerOfKey } from '../../lib/shared/price-table.ts';
import { instantText, nounText, rangeText, spanText } from '../../lib/shared/screen-text.ts';
import type { EchoOrigin, SpikeDetail } from '../../lib/shared/spike-view.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { aheadText, echoTimeline, timelineStops } from '../charts/model/echo-timeline.ts';
import { moneyText } from '../charts/model/figure-text.ts';
import { PointCursor } from '../charts/point-cursor.tsx';
import { TimelineChart } from '../charts/timeline-chart.tsx';
import { usePrices } from '../hooks/use-prices.ts';
import { useSelectWindow } from '../hooks/use-selected-window.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Panel } from '../ui/panel.tsx';
import { advisedSetting } from './advised-setting.ts';
import { alertRule } from './alert-rule.ts';
import { originWords } from './spike-words.ts';

const minuteMs = 60_000;

/** From what began it to what is still to come, on one axis; what it cost, and what to do about it. */
export function SpikeTimeline({ spike, echo }: { spike: SpikeDetail; echo: EchoOrigin }) {
  const { chain, ahead } = spike;
  const steps = echoTimeline(chain, ahead);
  const stops = timelineStops(steps);
  const selectWindow = useSelectWindow();
  const onRange = (range: TimeWindow) => selectWindow(range, '/');
  const stepMs = echoStepMs(chain);
  const [next] = ahead;
  const total = chain.reduce((sum, { calls }) => sum + calls, 0);
  const advised = advisedSetting(echo.kind, { calls: echo.calls, peak: spike.peak, stepMs });
  return (
    <Panel
      title="Timeline"
      className="span-all"
      note={
        'Each bar is one generation of the same loads. Hatched ones have not come yet. ' +
        'Drag to explain a range.'
      }
      tools={<CopyButton text={alertRule(spike)} label="Copy alert rule" />}
    >
      {steps.length > 0 && (
        <>
          <TimelineChart steps={steps} stops={stops} echo={echo} onRange={onRange} />
          <PointCursor
            label="Generation to inspect"
            points={stops.map(({ from, to, text }) => ({
              ...{ start: from, end: to },
              ...{ at: rangeText({ from, to }), counts: text },
            }))}
            onRange={onRange}
          />
        </>
      )}
      <dl className="figures timeline-figures">
        <div>
          <dt>Began</dt>
          <dd>
            <strong>{originWords(echo)}</strong> {instantText(echo.at)}
          </dd>
        </div>
        <div>
          <dt>Echoes so far</dt>
          <dd>
            <strong>{Math.max(0, chain.length - 1)}</strong>
            {stepMs !== null && ` every ${spanText(Math.round(stepMs / minuteMs) * minuteMs)}`}
          </dd>
        </div>
        <div>
          <dt>Next one</dt>
          <dd>
            {next === undefined ? (
              <strong>None in sight</strong>
            ) : (
              <>
                <strong>{aheadText(next)}</strong> {instantText(next.from)}
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Cost so far</dt>
          <dd>
            <CostOf requests={total} spike={spike} />
          </dd>
        </div>
      </dl>
      <p className="panel-foot">
        {advised.setting === null ? (
          <strong>No setting helps. </strong>
        ) : (
          <>
            <strong>Advised: </strong>
            <code>{advised.setting}</code>.{' '}
          </>
        )}
        {advised.why}
      </p>
    </Panel>
  );
}

function CostOf({ requests, spike: { key } }: { requests: number; spike: SpikeDetail }) {
  const { data } = usePrices();
  const price = data?.prices.find(({ provider }) => provider === providerOfKey(key));
  return (
    <>
      <strong>
        {data && price ? moneyText((requests * price.per10k) / 10_000, data.currency) : '–'}
      </strong>{' '}
      {nounText(requests, 'request')}
    </>
  );
}
