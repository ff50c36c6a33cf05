'use client';

import { Answer } from './answer.tsx';
import { CausePanel } from './cause-panel.tsx';
import { Elsewhere } from './elsewhere.tsx';
import { ExplainFrame } from './explain-frame.tsx';
import { LogCausesPanel } from './log-causes-panel.tsx';
import { QuietNote } from './quiet-note.tsx';
import { Tiles } from './tiles.tsx';
import { Waterfall } from './waterfall.tsx';

/** The first page: why the KMS was called as often as it was, and the way to all else. */
export function OverviewScreen() {
  return (
    <ExplainFrame title="KMS traffic">
      {(view) => (
        <>
          <Answer
            sentences={view.sentences}
            links={view.sentenceLinks}
            tone={view.alarms[0]?.tone}
            window={view.window}
          >
            {view.elsewhere && <Elsewhere window={view.elsewhere} />}
            <QuietNote view={view} />
          </Answer>
          {view.logCauses === null ? (
            <Waterfall
              steps={view.waterfall}
              ledger={view.ledger}
              logRead={view.coveredUntil !== null}
              sumsOnly={view.sumsBefore !== null}
            />
          ) : (
            <LogCausesPanel log={view.logCauses} />
          )}
          <CausePanel view={view} />
          <Tiles view={view} />
        </>
      )}
    </ExplainFrame>
  );
}
