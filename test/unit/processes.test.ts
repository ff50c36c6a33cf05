import { expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { processesOf } from '../../lib/explain/log-only/processes.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Asked {
  at: number;
  address: string;
  session?: string;
  context: number;
  operation?: string;
}

function of(asked: readonly Asked[]) {
  const sorted = [...asked].sort((a, b) => a.at - b.at);
  const uses = sorted.map(
    ({ at, address, session = 'app', operation = 'Decrypt' }, no): LogUse => ({
      eventId: `e${no}`,
      at,
      operation,
      principal: 'AROA',
      session,
      sourceIp: address,
      key: 'k',
      invokedBy: null,
      byHand: false,
      dek: null,
      workspace: null,
      context: null,
      claimCause: null,
      errorCode: null,
    }),
  );
  return processesOf(
    uses,
    Int32Array.from(sorted, ({ context }) => context),
  );
}

/** Caches without room: keys are asked for again at any time, but not while the asker still holds them. */
function evicting(random: () => number, addressOf: (host: number) => string): Asked[] {
  const asked: Asked[] = [];
  for (const host of [0, 1, 2])
    for (let context = 0; context < 20; context++)
      for (let at = random() * hourMs; at < 20 * hourMs; ) {
        asked.push({ at, address: addressOf(host), context });
        at += (0.5 - Math.log((1 - random()) * (1 - random()))) * 30 * minuteMs;
      }
  return asked;
}

test('hosts that share a session are told apart by addresses, if those have caches of their own', () => {
  const random = seededRandom(1);
  const { processBy, processNames } = of(evicting(random, (host) => `10.0.0.${host}`));
  expect(processBy).toBe('address');
  expect(processNames).toHaveLength(3);
});

test('addresses that one cache goes out by in turn are one process', () => {
  const random = seededRandom(2);
  const anyOf = () => `10.0.0.${Math.floor(random() * 3)}`;
  expect(of(evicting(random, anyOf)).processBy).toBe('session');
});

test('credentials that are renewed every hour are one process, as keys it made come again a TTL later', () => {
  const random = seededRandom(3);
  const asked: Asked[] = [];
  for (let context = 0; context < 40; context++) {
    const madeAt = context * 3 * hourMs;
    const againAt = madeAt + hourMs + random() * 20 * minuteMs;
    const [made, again] = [madeAt, againAt].map((at) => ({
      at,
      address: '10.0.0.1',
      session: `s${Math.floor(at / hourMs)}`,
      context,
    }));
    if (made === undefined || again === undefined) continue;
    asked.push({ ...made, operation: 'GenerateDataKey' }, again);
  }
  expect(of(asked).processNames).toHaveLength(1);
});
