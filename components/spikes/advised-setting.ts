import { countText, spanText } from '../../lib/shared/screen-text.ts';
import type { RootKind, SpikeDetail } from '../../lib/shared/spike-view.ts';
import { decimalText } from '../charts/model/figure-text.ts';

export interface Advised {
  /** As the engine's options have it; null where no setting helps. */
  setting: string | null;
  why: string;
}

const minuteMs = 60_000;

/** What to set so that such a cohort does not come at once again, by what began it. */
export function advisedSetting(
  kind: RootKind,
  { calls, peak, stepMs }: { calls: number; peak: number; stepMs: number | null },
): Advised {
  const spread = {
    setting: "spread: 'first-lease'",
    why:
      'Leases that begin together end together. With it each first lease has a random length up to the TTL, so ' +
      `re-validations come apart${spreadText({ calls, peak, stepMs })}.`,
  };
  switch (kind) {
    case 'deploy':
    case 'first-use':
    case 'fan-out':
    case 'recovery':
      return spread;
    case 'reopened':
      return {
        ...spread,
        why: `Opening old data asks the KMS once for each data key, which no setting saves. ${spread.why}`,
      };
    case 'eviction':
      return {
        setting: 'capacity: larger than the data keys in use',
        why: 'Data keys were dropped for room while their leases still ran, and had to be asked for again.',
      };
    case 'rotation':
      return {
        setting: "deks: 'shared'",
        why: 'With a shared directory the processes adopt one new data key instead of making one each.',
      };
    case 'validation':
      return {
        setting: null,
        why: 'Validation makes two requests each time it is called: call it less often, not at once for all keys.',
      };
    case 'other':
      return {
        setting: null,
        why: 'Nothing is known of what began it; see what its requests have in common.',
      };
  }
}

function spreadText({
  calls,
  peak,
  stepMs,
}: Pick<SpikeDetail, 'calls' | 'peak'> & { stepMs: number | null }) {
  if (stepMs === null || stepMs < minuteMs) return '';
  const after = (calls * minuteMs) / stepMs;
  if (after >= peak) return '';
  return `: the same ${countText(calls)} requests over ${spanText(stepMs)} are about ${decimalText(after)} a minute, where the peak was ${countText(peak)}`;
}
