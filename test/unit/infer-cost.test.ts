import { expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logUse } from '../support/records.ts';

const start = Date.UTC(2026, 10, 24, 12);

test('hostile contexts cost no more than others', () => {
  const uses = Array.from({ length: 20_000 }, (_, no) =>
    logUse(start + no * 1_000, {
      eventId: `h${no}`,
      context: [
        ['__proto__', `v${no}`],
        ['constructor', '\u0000\n"'],
      ],
    }),
  );
  expect(inferCauses(uses).findings).toMatchObject([{ contexts: 20_000 }]);
});

test('many records of one second, and as many contexts one after another, tell nothing and cost no more', () => {
  const many = Array.from({ length: 50_000 }, (_, no) =>
    logUse(start, { eventId: `m${no}`, context: [['team', `t${no % 100}`]] }),
  );
  expect(inferCauses(many).findings).toMatchObject([{ ttl: null, contexts: 100 }]);
  const each = many.map(
    (one, no): LogUse => ({
      ...one,
      at: start + no * 40,
      context: [['team', `t${no}`]],
    }),
  );
  const { uses, findings } = inferCauses(each);
  expect(new Set(uses.map(({ cause }) => cause))).toEqual(new Set(['unknown']));
  expect(findings).toMatchObject([{ ttl: null, contexts: 50_000 }]);
});

test('what several processes lose at once is told, round after round', () => {
  // Rounds of 4,000 keys, an hour or half an hour after the one before: only the TTL makes one wait.
  const [rounds, keys, half] = [12, 4_000, 1_800_000];
  const many = Array.from({ length: rounds * keys }, (_, no) => {
    const [round, key] = [Math.floor(no / keys), no % keys];
    return logUse(start + round * (1 + (round % 2)) * half + Math.floor(key / 30) * 1_000, {
      eventId: `e${no}`,
      session: `s${key % 4}`,
      context: [['team', `t${key}`]],
    });
  }).sort((a, b) => a.at - b.at);
  const { uses, findings } = inferCauses(many);
  expect(findings[0]?.ttl?.ms).toBe(2 * half);
  expect(uses.filter(({ rule }) => rule === 'several lost theirs at once').length).toBeGreaterThan(
    keys,
  );
});
