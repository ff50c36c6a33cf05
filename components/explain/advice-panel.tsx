import type { Advice } from '../../lib/shared/log-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { Panel } from '../ui/panel.tsx';
import { Sentence } from './answer.tsx';

/** What to change, most saving first; nothing at all where nothing is found. */
export function AdvicePanel({ advice }: { advice: readonly Advice[] }) {
  if (advice.length === 0) return null;
  return (
    <Panel
      title="What to change"
      className="span-all"
      note="What each would have changed in this window."
    >
      <ul className="advice">
        {advice.map(({ id, text, links }) => (
          <li key={tupleKey(id, text)}>
            <Sentence text={text} links={links} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
