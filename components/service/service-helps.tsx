import type { Help } from '../../lib/shared/log-view.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { WiderLink } from '../ui/wider-link.tsx';

/** What tells of the window. */
type ToldBy = 'none' | 'log' | 'all';

const nothingMore: Record<
  ToldBy,
  { title: string; text: string; action: [string, string] | null }
> = {
  none: {
    title: 'Nothing is told of this window',
    text: 'Where a log or telemetry tells of it, this says what would make the answer sharper.',
    action: null,
  },
  log: {
    title: 'Nothing more is needed',
    text: 'Whatever could make this log’s answer sharper is known.',
    action: ['/', 'Back to the answer'],
  },
  all: {
    title: 'The engine’s telemetry tells all of it',
    text: 'What you tell here is used where an audit log is all there is.',
    action: ['/', 'Back to the answer'],
  },
};

/** What is not told yet, most helpful first. */
export function ServiceHelps({ helps, by }: { helps: readonly Help[]; by: ToldBy }) {
  if (helps.length > 0)
    return (
      <ol className="service-helps">
        {helps.map(({ field, text }) => (
          <li key={field}>{text}</li>
        ))}
      </ol>
    );
  const { title, text, action } = nothingMore[by];
  return (
    <StateBox
      kind="empty"
      title={title}
      text={text}
      action={
        action === null ? (
          <WiderLink />
        ) : (
          <PageLink className="button" href={action[0]}>
            {action[1]}
          </PageLink>
        )
      }
    />
  );
}
