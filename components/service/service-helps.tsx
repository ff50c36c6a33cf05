import type { Help } from '../../lib/shared/log-view.ts';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';

/** What tells of the window. */
type ToldBy = 'none' | 'log' | 'all';

const nothingMore: Record<ToldBy, { title: string; text: string; action: [string, string] }> = {
  none: {
    title: 'Nothing is told of this window',
    text: 'A log comes first; then this says what would make its answer sharper.',
    action: ['/start', 'Connect a log'],
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
  const [href, words] = action;
  return (
    <StateBox
      kind="empty"
      title={title}
      text={text}
      action={
        <PageLink className="button" href={href}>
          {words}
        </PageLink>
      }
    />
  );
}
