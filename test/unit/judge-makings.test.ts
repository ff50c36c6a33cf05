/** Why data keys are made, as their distances show. */
import { expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 24, 12);

test('keys made more evenly than requests come are a guess: each may serve so many of them', () => {
  /** Four tenants, each with a new key after so many messages. */
  const made = (messages: number, seed: number) => {
    const random = seededRandom(seed);
    const uses: LogUse[] = [];
    for (let tenant = 0; tenant < 4; tenant++)
      for (let no = 1, at = 0; at < 24 * hourMs; no++) {
        at += (-Math.log(1 - random()) * (8 * minuteMs)) / messages;
        if (no % messages > 0) continue;
        const operation = 'GenerateDataKey';
        const context = [['tenant', `t${tenant}`] as const];
        uses.push(logUse(start + at, { operation, eventId: `${tenant}-${no}`, context }));
      }
    return inferCauses(uses.sort((a, b) => a.at - b.at)).uses.filter(
      ({ rule }) => rule === 'made for each request',
    );
  };
  for (let seed = 1; seed <= 10; seed++) {
    const [each, third] = [made(1, seed), made(3, seed)];
    expect(Math.min(...each.map(({ confidence }) => confidence))).toBeGreaterThan(0.9);
    expect(third.every(({ confidence }) => confidence < 0.5)).toBe(true);
    expect(each.length).toBeGreaterThan(300);
  }
});
