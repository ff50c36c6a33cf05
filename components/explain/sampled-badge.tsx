import type { LogCauses } from '../../lib/shared/dto.ts';
import { countText, nounText } from '../../lib/shared/screen-text.ts';
import { Badge } from '../ui/badge.tsx';

/** Says how many of the log's events were looked at, unless all were. */
export function SampledBadge({ log: { examined, of } }: { log: LogCauses }) {
  if (examined >= of) return null;
  return (
    <Badge tone="warn">
      Sampled: {countText(examined)} of {nounText(of, 'event')}
    </Badge>
  );
}
