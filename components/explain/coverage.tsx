import type { SourceState } from '../../lib/shared/connection-view.ts';
import type { Retention, SourceCoverage } from '../../lib/shared/dto.ts';
import { behindText, instantText, lagText, nounText } from '../../lib/shared/screen-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';

export const sourceStateWords: Record<SourceState, { tone: Tone; label: string }> = {
  ok: { tone: 'good', label: 'Being read' },
  behind: { tone: 'warn', label: 'Behind' },
  failed: { tone: 'bad', label: 'Failed' },
  file: { tone: 'plain', label: 'From files' },
  waiting: { tone: 'info', label: 'Not read yet' },
  paused: { tone: 'warn', label: 'Paused' },
  stopped: { tone: 'plain', label: 'Not read any more' },
};

/** How far each audit source has been read, how late it comes, and what to do where it fails. */
export function Coverage({
  sources,
  coveredUntil,
  retention,
  now,
  className = '',
}: {
  sources: readonly SourceCoverage[];
  coveredUntil: number | null;
  retention: Retention | null;
  now: number;
  className?: string;
}) {
  return (
    <Panel
      title="Coverage of the audit log"
      className={className}
      note={
        coveredUntil === null
          ? 'Nothing can be matched without an audit log.'
          : `Complete until ${instantText(coveredUntil)}.`
      }
    >
      {sources.length === 0 ? (
        <StateBox
          kind="empty"
          title="No audit source yet"
          text={
            <>
              Import the audit log with <code>npx keytide import PATH</code>.
            </>
          }
          action={
            <PageLink className="button" href="/start">
              Connect a log
            </PageLink>
          }
        />
      ) : (
        <ul className="coverage-list">
          {sources.map((source) => (
            <Source key={source.id} source={source} now={now} />
          ))}
        </ul>
      )}
      {retention && (
        <p className="note panel-foot">
          {retention.days === null
            ? 'Retention is off now'
            : `Calls and events are kept for ${nounText(retention.days, 'day')}`}
          ; before {instantText(retention.keptFrom)} there are sums only.
        </p>
      )}
    </Panel>
  );
}

function Source({ source, now }: { source: SourceCoverage; now: number }) {
  const { tone, label } = sourceStateWords[source.status];
  const { coveredUntil, lagMs, polledAt } = source;
  return (
    <li className="coverage-card">
      <header>
        <h3>
          {source.id} <span className="muted">{source.kind}</span>
        </h3>
        <Badge tone={tone}>{label}</Badge>
      </header>
      <dl className="facts">
        <div>
          <dt>Covered until</dt>
          <dd className="num">
            {coveredUntil === null ? 'nothing read yet' : instantText(coveredUntil)}
          </dd>
        </div>
        <div>
          <dt>Not complete yet</dt>
          <dd className="num">
            {coveredUntil === null
              ? 'not known'
              : source.kind === 'file'
                ? 'nothing: files are as they are'
                : behindText(now - coveredUntil)}
          </dd>
        </div>
        {source.kind !== 'file' && (
          <>
            <div>
              <dt>Events come after</dt>
              <dd className="num">{lagMs === null ? 'being learnt' : lagText(lagMs)}</dd>
            </div>
            <div>
              <dt>Last read</dt>
              <dd className="num">
                {polledAt === null ? 'never' : instantText(polledAt, 'second')}
              </dd>
            </div>
          </>
        )}
      </dl>
      {source.message && <p className="coverage-message">{source.message}</p>}
    </li>
  );
}
