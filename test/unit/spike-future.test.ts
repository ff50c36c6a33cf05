import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { comingEchoes } from '../../components/charts/model/spike-series.ts';
import { advisedSetting } from '../../components/spikes/advised-setting.ts';
import { alertRule } from '../../components/spikes/alert-rule.ts';
import { echoesAhead, type Wave } from '../../lib/explain/spikes/echoes-ahead.ts';
import type { EchoStep } from '../../lib/shared/spike-view.ts';

const minuteMs = 60_000;
const at = Date.UTC(2026, 10, 24, 12, 1);
const step = (generation: number, minute: number, calls: number) => ({
  generation,
  from: at + minute * minuteMs,
  to: at + (minute + 2) * minuteMs,
  mid: at + (minute + 1) * minuteMs,
  calls,
});
const chain = [step(0, 0, 1000), step(1, 62, 800), step(2, 124, 400)];

const wave = (generation: number, minute: number, leases: number) => ({
  generation,
  from: at + minute * minuteMs,
  to: at + (minute + 2) * minuteMs,
  leases,
});

describe('the echoes ahead', () => {
  const told = (chain: EchoStep[], waves: Wave[]) =>
    echoesAhead(chain, { waves, ttlMs: 60 * minuteMs }).map(
      ({ generation, from, calls, isMost }) => [generation, (from - at) / minuteMs, calls, isMost],
    );

  test('come as the leases end, and go on at the step so far, each with the last one’s share', () => {
    const [next] = echoesAhead(chain, {
      waves: [Object.assign(wave(2, 184, 400), { no: 7 })],
      ttlMs: null,
    });
    expect(next).not.toHaveProperty('no');
    expect(told(chain, [wave(2, 184, 400)])).toEqual([
      [3, 184, 200, false],
      [4, 246, 100, false],
      [5, 308, 50, false],
    ]);
  });

  test('of one that has begun are what is left of it, by the share of the whole ones', () => {
    const begun = [...chain, step(3, 186, 20)];
    expect(told(begun, [wave(2, 187, 380), wave(3, 246, 20)])).toEqual([
      [3, 187, 190, false],
      [4, 246, 10, false],
    ]);
  });

  test('are all its leases at most before two echoes are over, a TTL apart where none is', () => {
    expect(told(chain.slice(0, 2), [wave(1, 122, 800)])[0]).toEqual([2, 122, 800, true]);
    expect(told(chain.slice(0, 1), [wave(0, 60, 1000)])).toEqual([
      [1, 60, 1000, true],
      [2, 120, 1000, true],
      [3, 180, 1000, true],
    ]);
  });

  test('are none where no lease holds, and none too small to name', () => {
    expect(told(chain, [])).toEqual([]);
    expect(told([], [wave(2, 184, 400)])).toEqual([]);
    expect(told(chain, [wave(2, 184, 12)])).toEqual([]);
  });

  test('do not depend on the order in which the chain is told', () => {
    const waves = [wave(2, 187, 380), wave(3, 246, 20)];
    expect(told(chain.toReversed(), waves.toReversed())).toEqual(told(chain, waves));
  });
});

test('the chart of spikes has room for what comes soon, and for the next one always', () => {
  const ahead = [60, 120, 180].map((minute, no) => ({
    ...step(no + 1, minute, 100),
    isMost: false,
  }));
  const cohorts = [{ href: '/spikes/1', kind: 'deploy' as const, fanOutOf: null, at, ahead }];
  const shown = (lengthMs: number) =>
    comingEchoes(cohorts, { from: at - lengthMs, to: at }).map(({ generation }) => generation);
  expect(shown(60 * minuteMs)).toEqual([1]);
  expect(shown(4 * 60 * minuteMs)).toEqual([1]);
  expect(shown(6 * 60 * minuteMs)).toEqual([1, 2]);
  expect(shown(48 * 60 * minuteMs)).toEqual([1, 2, 3]);
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
