'use client';

import { ExportLinks } from '../export/export-links.tsx';
import { Panel } from '../ui/panel.tsx';
import { AdvicePanel } from './advice-panel.tsx';
import { ClosedFormPanel } from './closed-form-panel.tsx';
import { Compared } from './compared.tsx';
import { CostPanel } from './cost-panel.tsx';
import { Coverage } from './coverage.tsx';
import { ExplainFrame } from './explain-frame.tsx';
import { LedgerTable } from './ledger-table.tsx';
import { PerMessagePanel } from './per-message-panel.tsx';
import { PromisePanel } from './promise-panel.tsx';

/** What the answer rests on: the ledger line by line, the theory beside it, what it costs, how far the log is read. */
export function DetailsScreen() {
  return (
    <ExplainFrame title="Details" panel="all">
      {(view) => (
        <>
          <AdvicePanel advice={view.advice} />
          {view.promise && <PromisePanel promise={view.promise} />}
          {view.logCauses === null && (
            <>
              <Panel
                title="The ledger, line by line"
                className="span-all"
                tools={<ExportLinks of="ledger" />}
              >
                <LedgerTable ledger={view.ledger} sumsOnly={view.sumsBefore !== null} />
              </Panel>
              <PerMessagePanel perMessage={view.perMessage} />
              <ClosedFormPanel form={view.closedForm} />
            </>
          )}
          <Compared comparisons={view.comparisons} />
          <CostPanel costs={view.costs} window={view.window} />
          <Coverage
            sources={view.coverage}
            coveredUntil={view.coveredUntil}
            retention={view.retention}
            now={view.now}
            className="span-all"
          />
        </>
      )}
    </ExplainFrame>
  );
}
