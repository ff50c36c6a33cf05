/** Laws of the drill over revocations whose truth is known. */
import { describe, expect, test } from 'vitest';
import { drillOf } from '../../lib/explain/drill/drill.ts';
import { drillFacts } from '../../lib/services/answers/drill-facts.ts';
import type { Drill } from '../../lib/shared/drill-view.ts';
import { drillRows } from '../support/drill-rows.ts';
import { type DrillCase, simulatedDrill } from '../support/simulated-drill.ts';
import { sized } from '../support/sized.ts';

const minuteMs = 60_000;
const resolutions = { aws: 1_000, gcp: 1, azure: 1 };
const made = Array.from({ length: sized({ ci: 30, long: 300 }) }, (_, seed) => judged(seed));

function judged(seed: number) {
  const one = simulatedDrill(seed);
  const view = drillOf(drillFacts(one.key, drillRows(one.audit, one.telemetry)));
  const found = view.drills.find(({ revoked, also }) =>
    [revoked, ...also].some(({ at }) => isAt(one, at, one.truth.revokedAt)),
  );
  return { seed, one, found: found ?? null, view };
}

/** As exact as the log can tell. */
function isAt({ cloud }: DrillCase, told: number | null, truth: number | null): boolean {
  if (told === null || truth === null) return told === truth;
  return Math.abs(told - truth) < resolutions[cloud];
}

const says = ({ seed, one, found }: (typeof made)[number]): string =>
  JSON.stringify({ seed, truth: one.truth, times: [...one.truth.processes], found }, null, 1);

describe('of simulated revocations', () => {
  test('"pass" is told only where the promise was kept and all that could show otherwise is there', () => {
    const passed = made.filter(({ found }) => found?.verdict === 'pass');
    for (const pass of passed) {
      const { truth } = pass.one;
      expect(truth.whole && !truth.partial, says(pass)).toBe(true);
      // Counts are by the minute; within it the leases tell, where they are told as they are.
      expect(truth.lateMs, says(pass)).toBeLessThan(truth.leasesTold ? 1_000 : minuteMs);
    }
    expect(passed.length).toBeGreaterThan(made.length / 20);
  });

  test('"fail" is told only where the promise was broken', () => {
    const failed = made.filter(({ found }) => found?.verdict === 'fail');
    for (const fail of failed) expect(fail.one.truth.lateMs, says(fail)).toBeGreaterThan(0);
    expect(failed.length).toBeGreaterThan(made.length / 30);
  });

  test('where all is told and whole, what was broken by minutes is "fail", what was kept "pass"', () => {
    const clear = made.filter(({ one: { truth } }) => {
      const { whole, partial, several, restoredAt } = truth;
      return whole && !partial && !several && restoredAt === null;
    });
    for (const each of clear) {
      const { lateMs, keeps } = each.one.truth;
      if (lateMs > 2 * minuteMs) expect(each.found?.verdict, says(each)).toBe('fail');
      if (keeps) expect(each.found?.verdict, says(each)).toBe('pass');
    }
    expect(clear.length).toBeGreaterThan(0);
  });

  test('each revocation is found at its time, and what undid it', () => {
    const told = made.filter(({ one: { truth } }) => truth.timesTold && !truth.several);
    for (const each of told) {
      const { one, found } = each;
      // Of permissions the log alone shows one where somebody was refused.
      const seen = [...one.truth.processes.values()].some(({ firstNoAt }) => firstNoAt !== null);
      if (!seen) continue;
      expect(isAt(one, found?.revoked.at ?? null, one.truth.revokedAt), says(each)).toBe(true);
      const restored = found?.restored?.at ?? null;
      if (restored !== null)
        expect(isAt(one, restored, one.truth.restoredAt), says(each)).toBe(true);
    }
    expect(told.length).toBeGreaterThan(made.length / 3);
  });

  test('the last success and the first denial of each process are as exact as the log', () => {
    let compared = 0;
    for (const each of made) {
      const { one, found } = each;
      const { truth } = one;
      if (found === null || !truth.timesTold || truth.several) continue;
      if (truth.restoredAt !== null && found.restored === null) continue;
      for (const [no, [process, times]] of [...truth.processes].entries()) {
        const caller = callerOf(found, [process, `10.0.0.${no + 1}`]);
        // What was granted in the second of its return may have been asked before it, or after.
        const atReturn = isAt(one, times.lastYesAt, truth.restoredAt) && truth.restoredAt !== null;
        if (caller === undefined || atReturn) continue;
        compared += 1;
        expect(isAt(one, caller.lastSuccessAt, times.lastYesAt), says(each)).toBe(true);
        expect(isAt(one, caller.firstDeniedAt, times.firstNoAt), says(each)).toBe(true);
      }
    }
    expect(compared).toBeGreaterThan(made.length / 3);
  });
});

const callerOf = ({ callers }: Drill, names: readonly string[]) =>
  callers.find(({ name }) => names.includes(name));
