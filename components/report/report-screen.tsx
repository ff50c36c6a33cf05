'use client';

import type { ExplainFilter, ExplainView } from '../../lib/shared/dto.ts';
import { isUnlogged } from '../../lib/shared/is-uncounted.ts';
import { instantText, rangeText } from '../../lib/shared/screen-text.ts';
import { Answer } from '../explain/answer.tsx';
import { Compared } from '../explain/compared.tsx';
import { CostPanel } from '../explain/cost-panel.tsx';
import { Coverage } from '../explain/coverage.tsx';
import { ExplainFrame } from '../explain/explain-frame.tsx';
import { LedgerTable } from '../explain/ledger-table.tsx';
import { LogCausesPanel } from '../explain/log-causes-panel.tsx';
import { PromisePanel } from '../explain/promise-panel.tsx';
import { ReportLinks } from '../explain/report-links.tsx';
import { Strangers } from '../explain/strangers.tsx';
import { Waterfall } from '../explain/waterfall.tsx';
import { NoSpikes } from '../spikes/no-spikes.tsx';
import { SpikeList } from '../spikes/spike-list.tsx';
import { Panel } from '../ui/panel.tsx';
import './report.css';

/** What one hands to one's security team: the answer with its evidence, its coverage, its method and its limits. */
export function ReportScreen() {
  return <ExplainFrame title="Report">{(view) => <Report view={view} />}</ExplainFrame>;
}

function Report({ view }: { view: ExplainView }) {
  const { logCauses, promise, spikes, sumsBefore } = view;
  const sumsOnly = sumsBefore !== null;
  return (
    <>
      <p className="report-about span-all">
        Made by Keytide at {instantText(view.now)} for {rangeText(view.window)}
        {aboutText(view.filter)}. Below: the answer, its evidence, how far the audit log covers it,
        how it was made and what it cannot show.
      </p>
      <div className="report-tools span-all">
        <button type="button" className="button button-primary" onClick={() => print()}>
          Print, or save as PDF
        </button>
        <ReportLinks />
      </div>
      <Answer
        sentences={view.sentences}
        links={view.sentenceLinks}
        tone={view.alarms[0]?.tone}
        window={view.window}
      />
      {logCauses === null ? (
        <Waterfall
          steps={view.waterfall}
          ledger={view.ledger}
          logRead={view.coveredUntil !== null}
          sumsOnly={sumsOnly}
        />
      ) : (
        <LogCausesPanel log={logCauses} />
      )}
      <Strangers
        uses={view.strangers}
        logAlone={logCauses !== null}
        sumsBefore={sumsBefore}
        isFiltered={Object.keys(view.filter).length > 0}
        isUnlogged={isUnlogged(view.ledger)}
      />
      <Coverage
        sources={view.coverage}
        coveredUntil={view.coveredUntil}
        retention={view.retention}
        now={view.now}
      />
      {promise && <PromisePanel promise={promise} />}
      <Panel title="Spikes and drops" className="span-all">
        {spikes.length === 0 ? (
          <NoSpikes isCounted={view.buckets.some(({ causes }) => Object.keys(causes).length > 0)} />
        ) : (
          <SpikeList spikes={spikes} />
        )}
      </Panel>
      {logCauses === null && (
        <Panel title="The ledger, line by line" className="span-all">
          <LedgerTable ledger={view.ledger} sumsOnly={sumsOnly} />
        </Panel>
      )}
      <Compared comparisons={view.comparisons} />
      <CostPanel costs={view.costs} window={view.window} />
      <Method logAlone={logCauses !== null} />
    </>
  );
}

/** What the report is limited to, in words. */
const aboutText = (filter: ExplainFilter): string =>
  Object.entries(filter)
    .map(([name, value]) => `, ${name} ${value} only`)
    .join('');

/** How the numbers came about and what they cannot show. */
function Method({ logAlone }: { logAlone: boolean }) {
  return (
    <Panel title="Method and limits" className="span-all">
      <ul className="plain-list">
        {logAlone ? (
          <>
            <li>
              Requests are counted from the audit log. Their causes are those that the events claim,
              else inferred from context, session, address and time, with the confidence shown.
            </li>
            <li>
              Without the service’s telemetry nobody can tell which requests never reached the log.
            </li>
          </>
        ) : (
          <>
            <li>
              The service counts every data key lookup and every KMS request, with its cause. Each
              request is joined to at most one audit event: by request id, by the claim in the
              event, else by the pairing that fits their times best.
            </li>
            <li>What does not balance is shown as unexplained, never left out.</li>
          </>
        )}
        <li>
          An audit log comes late: what is younger than its delay is marked as incomplete. Requests
          that a cloud denies across accounts are not in the key owner’s log.
        </li>
        <li>Costs follow the price table in the settings, before any discount.</li>
      </ul>
    </Panel>
  );
}
