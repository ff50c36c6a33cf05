import { countText } from '../../lib/shared/screen-text.ts';
import type { SpikeView } from '../../lib/shared/spike-view.ts';
import { urlInstant } from '../../lib/shared/window-param.ts';

type Measured = Pick<
  SpikeView,
  'direction' | 'unit' | 'from' | 'to' | 'peak' | 'expected' | 'excess' | 'peakMinute'
>;

const minuteMs = 60_000;
const inYaml = (text: string): string => JSON.stringify(text);

/**
 * A Prometheus rule that would have fired at this spike, half-way between what is expected and what came: over the
 * engine's own counter, else over the dashboard's gauges of the log. No text from outside is in it, and its instant is
 * UTC whatever is shown.
 */
export function alertRule(spike: Measured): string {
  const { name, expr, summary } = ruleOf(spike);
  return `groups:
  - name: keytide
    rules:
      - alert: ${name}
        expr: ${inYaml(expr)}
        labels:
          severity: warning
        annotations:
          summary: ${inYaml(summary)}
          description: ${inYaml(`As at ${urlInstant(spike.peakMinute)}: ${countText(spike.peak)} in a minute.`)}
`;
}

function ruleOf({ direction, unit, from, to, peak, expected, excess }: Measured) {
  const perMinute = (expected * minuteMs) / Math.max(to - from, minuteMs);
  if (direction === 'drop')
    return unit === 'calls'
      ? {
          name: 'KmsRequestsDropped',
          expr: `sum(rate(keytide_kms_calls_total[10m])) * 60 < ${rounded(perMinute / 2)}`,
          summary: 'Far fewer KMS requests than expected',
        }
      : {
          name: 'KmsEventsDropped',
          expr: `sum(keytide_drop_missing_requests) > ${rounded(-excess / 2)}`,
          summary: 'Far fewer KMS events in the audit log than expected',
        };
  return unit === 'calls'
    ? {
        name: 'KmsRequestSpike',
        expr: `sum(rate(keytide_kms_calls_total[2m])) * 60 > ${rounded((perMinute + peak) / 2)}`,
        summary: 'Far more KMS requests than expected',
      }
    : {
        name: 'KmsEventSpike',
        expr: `keytide_spike_excess_requests > ${rounded(excess / 2)}`,
        summary: 'Far more KMS events in the audit log than expected',
      };
}

/** Two digits are as many as a threshold is worth. */
const rounded = (value: number): string => String(Number(Math.max(value, 0).toPrecision(2)));
