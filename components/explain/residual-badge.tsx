import type { Ledger } from '../../lib/shared/dto.ts';
import { countText, signedText } from '../../lib/shared/screen-text.ts';
import { Badge } from '../ui/badge.tsx';

/** What no term accounts for: nothing, or how much and where. It is never hidden. */
export function ResidualBadge({
  ledger,
  logRead,
  sumsOnly,
}: {
  ledger: Ledger;
  logRead: boolean;
  sumsOnly: boolean;
}) {
  if (sumsOnly)
    return <Badge tone="plain">Kept as sums only: what is unexplained is not known</Badge>;
  if (ledger.lines.every(({ total }) => total === 0))
    return <Badge tone="plain">Nothing to account for</Badge>;
  if (!logRead && ledger.residual === 0)
    return <Badge tone="plain">No log to compare requests with</Badge>;
  if (ledger.residual === 0) {
    return <Badge tone="good">Nothing unexplained: every request is accounted for</Badge>;
  }
  const lines = ledger.lines
    .filter(({ residual }) => residual !== 0)
    .map(({ label, residual }) => `${label} ${signedText(residual)}`);
  return (
    <Badge tone="warn">
      Unexplained {countText(ledger.residual)}: not accounted for in {lines.join(', ')}
    </Badge>
  );
}
