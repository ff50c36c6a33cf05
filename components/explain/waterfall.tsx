'use client';

import type { Ledger, WaterfallStep } from '../../lib/shared/dto.ts';
import { shareText, signedText } from '../../lib/shared/screen-text.ts';
import { Swatch } from '../charts/cause-swatch.tsx';
import {
  rowHeight,
  type WaterfallPanel,
  waterfallBars,
  waterfallPanels,
} from '../charts/model/waterfall.ts';
import { WaterfallChart } from '../charts/waterfall-chart.tsx';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { ResidualBadge } from './residual-badge.tsx';
import '../charts/chart.css';
import './waterfall.css';

const scales = [
  { name: 'linear', label: 'Linear' },
  { name: 'log', label: 'Log' },
] as const;

/** From messages to KMS requests to audit events, step by step, with the residual. */
export function Waterfall({
  steps,
  ledger,
  logRead,
  sumsOnly,
}: {
  steps: readonly WaterfallStep[];
  ledger: Ledger;
  /** Whether any audit log has been read. */
  logRead: boolean;
  /** The window reaches past retention. */
  sumsOnly: boolean;
}) {
  const { values, set } = useUrlState();
  const scale = values.scale ?? 'linear';
  const isEmpty = steps.every(({ value }) => value === 0);
  return (
    <Panel
      title="From messages to audit events"
      className="span-all"
      tools={
        <>
          <ResidualBadge ledger={ledger} logRead={logRead} sumsOnly={sumsOnly} />
          <fieldset className="segmented">
            <legend className="visually-hidden">Scale of the bars</legend>
            {scales.map(({ name, label }) => (
              <button
                key={name}
                type="button"
                aria-pressed={scale === name}
                onClick={() => set({ scale: name === 'log' ? 'log' : null })}
              >
                {label}
              </button>
            ))}
          </fieldset>
        </>
      }
    >
      {isEmpty ? (
        <StateBox
          kind="empty"
          title="No traffic in this window"
          text="Neither telemetry nor an audit log tells of a message or a KMS request."
          action={<WiderLink />}
        />
      ) : (
        <div className="waterfall-panels">
          {waterfallPanels(steps).map((panel) => (
            <OnePanel key={panel.id} panel={panel} scale={scale} />
          ))}
          <div className="waterfall-notes">
            <p className="chart-legend">
              <span>
                <Swatch fill="url(#bar-total)" /> total
              </span>
              <span>
                <Swatch fill="url(#bar-less)" /> takes away
              </span>
              <span>
                <Swatch fill="url(#bar-more)" /> adds
              </span>
            </p>
            <p className="note">
              A step’s share is of the total above it, a total’s of the first one.
            </p>
            <details className="disclosure">
              <summary>What each step counts</summary>
              <dl className="term-list">
                {steps.map((step) => (
                  <div key={step.id}>
                    <dt>{step.label}</dt>
                    <dd>
                      {step.about} <span className="evidence mono">{step.evidence}</span>
                    </dd>
                  </div>
                ))}
              </dl>
            </details>
          </div>
        </div>
      )}
    </Panel>
  );
}

function OnePanel({ panel, scale }: { panel: WaterfallPanel; scale: 'linear' | 'log' }) {
  const bars = waterfallBars(panel.steps);
  return (
    <div className="waterfall-panel">
      <h3>{panel.title}</h3>
      <div className="waterfall-body">
        <table className="waterfall-table">
          <caption className="visually-hidden">{panel.title}</caption>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Count</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {bars.map(({ step, role, share }) => (
              <tr key={step.id} className={`step-${role}`} style={{ height: rowHeight }}>
                <th scope="row" title={step.about}>
                  <span className="step-label">{step.label}</span>
                </th>
                <td className="step-count">
                  <CountLink
                    value={step.value}
                    href={step.href}
                    label={step.label}
                    {...(role === 'total' ? {} : { text: signedText(step.value) })}
                  />
                </td>
                <td className="step-share num">{share === null ? '' : shareText(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <WaterfallChart title={panel.title} bars={bars} scale={scale} />
      </div>
    </div>
  );
}
