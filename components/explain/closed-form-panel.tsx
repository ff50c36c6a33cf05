'use client';

import type { ClosedForm } from '../../lib/shared/dto.ts';
import { countText, errorText, spanText } from '../../lib/shared/screen-text.ts';
import { decimalText } from '../charts/model/figure-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { NewestLink } from '../ui/newest-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { Sentence } from './answer.tsx';

const hourMs = 3_600_000;

/** What the theory of TTL caches predicts, beside what was counted, with the numbers it uses. */
export function ClosedFormPanel({ form }: { form: ClosedForm | null }) {
  return (
    <Panel
      title="Closed form"
      note="A DEK asks the KMS once as a busy period begins, and within it once every T + 1/L: T is the TTL, L how often it is used."
    >
      {form === null ? (
        <StateBox
          kind="empty"
          title="Not known for this window"
          text="It needs a whole hour of recorded DEK uses, of every key."
          action={<NewestLink />}
        />
      ) : (
        <>
          <p className="panel-sentence">
            <Sentence text={form.sentence} />
          </p>
          <Numbers form={form} />
        </>
      )}
    </Panel>
  );
}

function Numbers({ form }: { form: ClosedForm }) {
  const { ttlMs, accessesPerHour, processes, busyPeriods, revalidations } = form;
  const { predicted, counted, error } = form;
  const between = accessesPerHour > 0 ? spanText(hourMs / accessesPerHour) : 'n/a';
  return (
    <dl className="figures">
      <div>
        <dt>
          T, the <Term of="TTL" />
        </dt>
        <dd>{spanText(ttlMs)}</dd>
      </div>
      <div>
        <dt>L, uses an hour</dt>
        <dd>
          {decimalText(accessesPerHour)} <span className="muted">1/L = {between}</span>
        </dd>
      </div>
      <div>
        <dt>N, processes</dt>
        <dd>{countText(processes)}</dd>
      </div>
      <div>
        <dt>
          <Term of="busy period">Busy periods</Term>
        </dt>
        <dd>
          {countText(busyPeriods)}{' '}
          <span className="muted">and {countText(Math.round(revalidations))} re-validations</span>
        </dd>
      </div>
      <div>
        <dt>Predicted</dt>
        <dd>{countText(Math.round(predicted))}</dd>
      </div>
      <div>
        <dt>Counted</dt>
        <dd>{countText(counted)}</dd>
      </div>
      <div>
        <dt>Error</dt>
        <dd>{error === null ? 'none counted' : errorText(error)}</dd>
      </div>
    </dl>
  );
}
