'use client';

import dynamic from 'next/dynamic';
import { useState } from 'react';
import type { Cost } from '../../lib/shared/dto.ts';
import { countText, nounText, shareText, spanText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { moneyText } from '../charts/model/figure-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { providerName } from './provider-names.ts';

const PriceEditor = dynamic(async () => (await import('./price-editor.tsx')).PriceEditor);

/** What the KMS requests cost, who pays, and what they would cost without caching. */
export function CostPanel({ costs, window }: { costs: readonly Cost[]; window: TimeWindow }) {
  const [isEditing, setIsEditing] = useState(false);
  const edit = (
    <button type="button" className="button button-small" onClick={() => setIsEditing(true)}>
      Edit prices
    </button>
  );
  return (
    <Panel
      title="Cost"
      note={`By the price table, for ${spanText(window.to - window.from)}.`}
      tools={costs.length > 0 && edit}
    >
      {costs.length === 0 ? (
        <StateBox
          kind="empty"
          title="Nothing to pay for in this window"
          text="No request went to a KMS that the price table knows."
          action={edit}
        />
      ) : (
        <div className="cost-list">
          {costs.map((cost) => (
            <OneCost key={cost.provider} cost={cost} />
          ))}
        </div>
      )}
      {isEditing && <PriceEditor onClose={() => setIsEditing(false)} />}
    </Panel>
  );
}

function OneCost({ cost }: { cost: Cost }) {
  const { currency, requests, amount, requestsWithoutCache, amountWithoutCache } = cost;
  const name = providerName(cost.provider);
  return (
    <section className="cost" aria-label={name}>
      <h3>
        {name} <span className="muted">{moneyText(cost.per10k, currency)} for 10,000 requests</span>
      </h3>
      <dl className="figures">
        <div>
          <dt>Now</dt>
          <dd>
            <strong>{moneyText(amount, currency)}</strong>
            <span className="muted">
              <CountLink
                value={requests}
                href={amountWithoutCache === null ? '/calls?show=events' : '/calls'}
                label={`KMS requests to ${name}`}
                text={nounText(requests, 'request')}
              />
            </span>
          </dd>
        </div>
        <div>
          <dt>A month of it</dt>
          <dd>
            {cost.amountPerMonth === null ? (
              <>
                not known{' '}
                <span className="muted">of so short a log, or of logs that end apart</span>
              </>
            ) : (
              <>
                <strong>{moneyText(cost.amountPerMonth, currency)}</strong>
                <span className="muted">at this rate, free requests taken off</span>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Without caching</dt>
          {amountWithoutCache === null || requestsWithoutCache === null ? (
            <dd>
              not known <span className="muted">without the engine’s metrics</span>
            </dd>
          ) : (
            <dd>
              <strong>{moneyText(amountWithoutCache, currency)}</strong>
              <span className="muted">{countText(requestsWithoutCache)} requests</span>
            </dd>
          )}
        </div>
      </dl>
      <p>
        {amountWithoutCache !== null && savingText(amount, amountWithoutCache)}
        Paid by {cost.payer}.
      </p>
    </section>
  );
}

const savingText = (amount: number, without: number): string =>
  without > amount
    ? `Caching saves ${shareText((without - amount) / without)} of it. `
    : 'Caching saves nothing here. ';
