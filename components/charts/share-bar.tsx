import { causeLabel } from '../../lib/shared/causes.ts';
import type { Counts } from '../../lib/shared/counts.ts';
import { countText, shareText } from '../../lib/shared/screen-text.ts';
import { causePaint } from './cause-style.ts';
import { shareSegments } from './model/share-segments.ts';

/** Counts by cause as one full bar. */
export function ShareBar({ causes }: { causes: Counts }) {
  const segments = shareSegments(causes);
  const words = segments.map(
    ({ cause, count, from, to }) =>
      `${causeLabel(cause)} ${countText(count)} (${shareText(to - from)})`,
  );
  return (
    <svg className="share-bar" role="img" aria-label={words.join(', ')} height="12">
      <title>{words.join('\n')}</title>
      {segments.map(({ cause, from, to }) => (
        <rect
          key={cause}
          x={`${from * 100}%`}
          width={`${(to - from) * 100}%`}
          height="12"
          fill={causePaint(cause).fill}
        />
      ))}
    </svg>
  );
}
