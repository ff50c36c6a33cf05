import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { echoTimeline } from '../../components/charts/model/echo-timeline.ts';
import { advisedSetting } from '../../components/spikes/advised-setting.ts';
import { alertRule } from '../../components/spikes/alert-rule.ts';

const minuteMs = 60_000;
const at = Date.UTC(2026, 10, 24, 12, 1);
const step = (generation: number, minute: number, calls: number) => ({
  generation,
  from: at + minute * minuteMs,
  to: at + (minute + 2) * minuteMs,
  calls,
});
const chain = [step(0, 0, 1000), step(1, 62, 800), step(2, 124, 400)];

describe('the echoes ahead', () => {
  test('follow at the mean step, each with the last one’s share', () => {
    const ahead = echoTimeline(chain, at + 130 * minuteMs).filter(({ state }) => state === 'ahead');
    expect(ahead.map(({ from, calls }) => [(from - at) / minuteMs, calls])).toEqual([
      [186, 200],
      [248, 100],
      [310, 50],
    ]);
  });

  test('are none once the next one is long overdue', () => {
    expect(echoTimeline(chain, at + 300 * minuteMs).map(({ state }) => state)).toEqual([
      'seen',
      'seen',
      'seen',
    ]);
  });

  test('are not known of a root that has not echoed', () => {
    expect(echoTimeline(chain.slice(0, 1), at)).toHaveLength(1);
    expect(echoTimeline([], at)).toEqual([]);
  });

  test('do not depend on the order in which the chain is told', () => {
    expect(echoTimeline(chain.toReversed(), at)).toEqual(echoTimeline(chain, at));
  });
});

const measured = {
  from: at,
  to: at + 2 * minuteMs,
  peak: 900,
  peakMinute: at,
  expected: 20,
  excess: 1000,
};

describe('the alert rule', () => {
  test('lies half-way between what is expected in a minute and the peak', () => {
    const rule = alertRule({ ...measured, direction: 'spike', unit: 'calls' });
    expect(rule).toContain('sum(rate(keytide_kms_calls_total[2m])) * 60 > 460');
  });

  const missing = spawnSync('promtool', ['--version']).error !== undefined;
  test.skipIf(missing && process.env.KEYTIDE_TEST_REQUIRE !== 'all')(
    `is taken by promtool, whatever the spike is of${missing ? ' (promtool is not here)' : ''}`,
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'keytide-rule-'));
      try {
        for (const direction of ['spike', 'drop'] as const)
          for (const unit of ['calls', 'events'] as const) {
            const file = join(dir, `${direction}-${unit}.yml`);
            writeFileSync(file, alertRule({ ...measured, direction, unit }));
            const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file]);
            expect([status, String(stderr)]).toEqual([0, '']);
            expect(String(stdout)).toContain('SUCCESS: 1 rules found');
          }
      } finally {
        rmSync(dir, { recursive: true });
      }
    },
  );
});

describe('the advised setting', () => {
  const cohort = { calls: 1200, peak: 900, stepMs: 60 * minuteMs };

  test('for a cohort that began at once spreads its leases, with what that makes of the peak', () => {
    const { setting, why } = advisedSetting('deploy', cohort);
    expect(setting).toBe("spread: 'first-lease'");
    expect(why).toContain('about 20 a minute, where the peak was 900');
  });

  test('tells no figure where the step is not known or nothing would be gained', () => {
    expect(advisedSetting('deploy', { ...cohort, stepMs: null }).why).toMatch(/come apart\.$/);
    expect(advisedSetting('deploy', { ...cohort, peak: 10 }).why).toMatch(/come apart\.$/);
  });
});
