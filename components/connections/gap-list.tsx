import { gapWords, type LogGap } from '../../lib/shared/connection-view.ts';
import { tupleKey } from '../../lib/shared/tuple-key.ts';
import { CopyButton } from '../ui/copy-button.tsx';

/** What a log lacks: each with how that is known and what mends it. */
export function GapList({ gaps }: { gaps: readonly LogGap[] }) {
  if (gaps.length === 0) return null;
  return (
    <ul className="gap-list" aria-label="What is missing">
      {gaps.map(({ code, evidence, fix }) => (
        <li key={tupleKey(code, evidence)}>
          <strong>{gapWords[code]}.</strong> <span className="break">{evidence}</span>
          <div className="gap-fix">
            <code className="break">{fix}</code>
            <CopyButton text={fix} label="Copy" />
          </div>
        </li>
      ))}
    </ul>
  );
}
