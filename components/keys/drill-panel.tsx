'use client';

import { useState } from 'react';
import type { Drill, DrillVerdict, DrillView } from '../../lib/shared/drill-view.ts';
import {
  darkText,
  drillVerdicts,
  promiseText,
  reasonText,
  refusalsAbsentText,
  revokedText,
  stateText,
} from '../../lib/shared/drill-words.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { drillFile, useDrill } from '../hooks/use-keys.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Panel } from '../ui/panel.tsx';
import '../report/report.css';

const formats = [
  { format: 'markdown', label: 'Markdown' },
  { format: 'json', label: 'JSON' },
] as const;
const tones: Record<DrillVerdict, Tone> = { pass: 'good', fail: 'bad', 'not-proven': 'warn' };

/** How long the key's revocations took to bite; it only reads what is stored. */
export function DrillPanel({ id }: { id: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const drill = useDrill(id, isAsked);
  const run = () => (isAsked ? void drill.refetch() : setIsAsked(true));
  return (
    <Panel
      title="Drill"
      className="span-all"
      note="How long it was until a revocation took effect, from its log and telemetry. It only reads."
      tools={
        isAsked && (
          <button type="button" className="button" onClick={run} disabled={drill.isFetching}>
            {drill.data ? 'Run the drill again' : 'Run the drill'}
          </button>
        )
      }
    >
      {isAsked ? (
        <Loaded request={drill} label="Running the drill">
          {(view) => <Told view={view} />}
        </Loaded>
      ) : (
        <StateBox
          kind="empty"
          title="Not run yet"
          text="It finds each time the key was disabled or its permission taken, and says when every process went dark."
          action={
            <button type="button" className="button button-primary" onClick={run}>
              Run the drill
            </button>
          }
        />
      )}
    </Panel>
  );
}

function Told({ view }: { view: DrillView }) {
  const state = stateText(view);
  return (
    <div className="drill drill-report" aria-live="polite">
      <div className="report-tools">
        <button type="button" className="button" onClick={() => print()}>
          Print, or save as PDF
        </button>
        <p className="report-links note">
          Save as{' '}
          {formats.map(({ format, label }) => (
            <a key={format} href={drillFile(view.key, format)} download>
              {label}
            </a>
          ))}
        </p>
      </div>
      <p>{promiseText(view)}</p>
      {state !== null && <p className="verdict">{state}</p>}
      {view.refusalsAbsent && <p className="note">{refusalsAbsentText}</p>}
      {[...view.drills].reverse().map((one) => (
        <OneDrill key={one.revoked.eventId} one={one} />
      ))}
    </div>
  );
}

function OneDrill({ one }: { one: Drill }) {
  return (
    <section className="drill-one" aria-label={`Revocation of ${instantText(one.revoked.at)}`}>
      <h3>
        <Badge tone={tones[one.verdict]}>{drillVerdicts[one.verdict]}</Badge>{' '}
        <span className="num">{instantText(one.revoked.at, 'second')}</span>
      </h3>
      <p>{revokedText(one)}</p>
      <p>{darkText(one)}</p>
      <ul>
        {one.reasons.map((reason) => (
          <li key={tupleKey(reason.code, reason.who)}>{reasonText(reason)}</li>
        ))}
      </ul>
      {one.callers.length > 0 && (
        <table className="data-table cards-on-phone">
          <caption className="visually-hidden">When each process or session went dark</caption>
          <thead>
            <tr>
              <th scope="col">Process or session</th>
              <th scope="col">Known by</th>
              <th scope="col">Last success</th>
              <th scope="col">First denied</th>
              <th scope="col">Dark by</th>
            </tr>
          </thead>
          <tbody>
            {one.callers.map((caller) => (
              <tr key={tupleKey(caller.name, caller.principal)}>
                <th scope="row" className="break">
                  {caller.name}
                </th>
                <td data-label="Known by">{caller.told ? 'telemetry' : 'the log'}</td>
                <td className="num" data-label="Last success">
                  {timeOf(caller.lastSuccessAt)}
                </td>
                <td className="num" data-label="First denied">
                  {timeOf(caller.firstDeniedAt)}
                </td>
                <td className="num" data-label="Dark by">
                  {timeOf(caller.darkBy)}
                  {!caller.told && caller.darkBy !== null && ', if promised'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const timeOf = (at: number | null): string =>
  at === null ? 'not seen' : instantText(at, 'second');
