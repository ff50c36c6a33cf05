'use client';

import type { ExplainView } from '../../lib/shared/dto.ts';
import { rangeText } from '../../lib/shared/screen-text.ts';
import { TrafficFilter } from '../controls/traffic-filter.tsx';
import { WindowPicker } from '../controls/window-picker.tsx';
import { useExplain } from '../hooks/use-explain.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { RevocationPanel } from '../revocation/revocation-panel.tsx';
import { TopSpikes } from '../spikes/top-spikes.tsx';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingScreen } from '../states/loading-state.tsx';
import { Panel } from '../ui/panel.tsx';
import { Refreshing } from '../ui/refreshing.tsx';
import { AdvicePanel } from './advice-panel.tsx';
import { Answer } from './answer.tsx';
import { Busiest } from './busiest.tsx';
import { CausePanel } from './cause-panel.tsx';
import { ClosedFormPanel } from './closed-form-panel.tsx';
import { Compared } from './compared.tsx';
import { CostPanel } from './cost-panel.tsx';
import { Coverage } from './coverage.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { LogCausesPanel } from './log-causes-panel.tsx';
import { PerMessagePanel } from './per-message-panel.tsx';
import { PromisePanel } from './promise-panel.tsx';
import { ReportLinks } from './report-links.tsx';
import { Strangers } from './strangers.tsx';
import { Waterfall } from './waterfall.tsx';
import './explain.css';

/** The first page: why the KMS was called as often as it was. */
export function ExplainScreen() {
  const { window, filter } = useUrlState();
  const { data, error, isFetching, isPlaceholderData, refetch } = useExplain(window, filter);
  const retry = () => void refetch();
  return (
    <>
      <div className="screen-head">
        <h1>
          {window.kind === 'last' ? `KMS traffic, last ${window.last}` : 'KMS traffic'}
          <span className="screen-range">{data ? rangeText(data.window) : ' '}</span>
        </h1>
        <WindowPicker shown={data?.window} />
      </div>
      <TrafficFilter choices={data?.choices} />
      {data ? (
        <Refreshing active={isFetching} isOther={isPlaceholderData} error={error} onRetry={retry}>
          <Explained view={data} />
        </Refreshing>
      ) : (
        <Unexplained error={error} onRetry={retry} />
      )}
    </>
  );
}

function Explained({ view }: { view: ExplainView }) {
  const logAlone = view.logCauses !== null;
  return (
    <div className="explain-grid">
      <Answer sentences={view.sentences} tone={view.alarms[0]?.tone}>
        {view.elsewhere && <Elsewhere window={view.elsewhere} />}
        <ReportLinks />
      </Answer>
      {!logAlone && (
        <Waterfall
          steps={view.waterfall}
          ledger={view.ledger}
          logRead={view.coveredUntil !== null}
          sumsOnly={view.sumsBefore !== null}
        />
      )}
      {logAlone && <AdvicePanel advice={view.advice} />}
      {view.logCauses && <LogCausesPanel log={view.logCauses} />}
      <CausePanel view={view} />
      <TopSpikes spikes={view.spikes} />
      {view.promise && <PromisePanel promise={view.promise} />}
      <Busiest
        minutes={view.busiest}
        hours={view.busiestHours}
        unit={logAlone ? 'events' : 'calls'}
      />
      <Compared comparisons={view.comparisons} />
      <CostPanel costs={view.costs} window={view.window} />
      {!logAlone && (
        <>
          <PerMessagePanel perMessage={view.perMessage} />
          <ClosedFormPanel form={view.closedForm} />
          <RevocationPanel />
        </>
      )}
      <Strangers uses={view.strangers} logAlone={logAlone} sumsBefore={view.sumsBefore} />
      <Coverage
        sources={view.coverage}
        coveredUntil={view.coveredUntil}
        retention={view.retention}
        now={view.now}
      />
    </div>
  );
}

/** The same panels before there is anything to put into them. */
function Unexplained({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  if (error) {
    return (
      <div className="explain-grid">
        <Panel title="No explanation" className="span-all">
          <FailureState error={error} onRetry={onRetry} />
        </Panel>
        <RevocationPanel />
      </div>
    );
  }
  return (
    <div className="explain-grid">
      <LoadingScreen
        answer="Loading the explanation"
        panels={[
          { title: 'From messages to audit events', label: 'Loading the waterfall' },
          { title: 'Requests by cause', label: 'Loading requests by cause' },
        ]}
      />
    </div>
  );
}
