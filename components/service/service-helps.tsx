import type { Help } from '../../lib/shared/log-view.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';

/** What is not told yet, most helpful first. */
export function ServiceHelps({ helps, logAlone }: { helps: readonly Help[]; logAlone: boolean }) {
  if (helps.length > 0)
    return (
      <ol className="service-helps">
        {helps.map(({ field, text }) => (
          <li key={field}>{text}</li>
        ))}
      </ol>
    );
  return (
    <StateBox
      kind="empty"
      title={logAlone ? 'Nothing more is needed' : 'The engine’s telemetry tells all of it'}
      text={
        logAlone
          ? 'Whatever could make this log’s answer sharper is known.'
          : 'What you tell here is used where an audit log is all there is.'
      }
      action={
        <PageLink className="button" href="/">
          Back to the answer
        </PageLink>
      }
    />
  );
}
