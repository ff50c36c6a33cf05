/** What a log of Google Cloud or Azure tells by itself: much, but never which data key a request was for. */
import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { azureRow, gcpEntry } from '../support/cloud-records.ts';
import { logUseOf } from '../support/records.ts';

const startMs = Date.UTC(2026, 10, 23);
const minuteMs = 60_000;

interface Use {
  at: number;
  operation: 'Encrypt' | 'Decrypt';
  caller: string;
  ip: string;
  isDenied?: boolean;
}

const time = (at: number, rest: string) => new Date(at).toISOString().replace('Z', `${rest}Z`);

const clouds = {
  gcp: ({ at, operation, caller, ip, isDenied = false }: Use, number: number) =>
    gcpEntry({
      timestamp: time(at, '000001'),
      insertId: `i${number}`,
      methodName: operation,
      principal: caller,
      callerIp: ip,
      ...(isDenied && {
        failure: { code: 9, message: 'key is not enabled, current state is: DISABLED.' },
      }),
    }),
  azure: ({ at, operation, caller, ip, isDenied = false }: Use, number: number) =>
    azureRow({
      time: time(at, '0001'),
      operation: operation === 'Encrypt' ? 'KeyWrap' : 'KeyUnwrap',
      correlationId: `c${number}`,
      appId: caller,
      callerIp: ip,
      ...(isDenied && { status: 403, description: 'not allowed on a disabled key' }),
    }),
};

function recordOf(value: unknown): AuditRecord {
  const [found] = [...findRecords(value)];
  if (found?.parsed.kind !== 'record') throw new Error('no record');
  return found.parsed.record;
}

describe.each(['gcp', 'azure'] as const)('of a log of %s alone', (cloud) => {
  const infer = (uses: readonly Use[]) =>
    inferCauses(
      [...uses]
        .sort((a, b) => a.at - b.at)
        .map((use, number) => logUseOf(recordOf(clouds[cloud](use, number)))),
      { ttlMs: 60 * minuteMs },
    );

  test('no cause that names a data key is guessed, however regular the traffic', () => {
    const random = seededRandom(5);
    // Loads, and what an hour later looks like the same keys asked for again.
    const loads = Array.from({ length: 200 }, () => startMs + Math.floor(random() * 10 * minuteMs));
    const uses = loads.flatMap((at, number) =>
      [0, 1, 2, 3].map((hour): Use => {
        const ip = `203.0.113.${number % 3}`;
        const own = { at: at + hour * 60 * minuteMs + Math.floor(random() * 30_000), ip };
        return { ...own, operation: 'Decrypt', caller: 'engine' };
      }),
    );
    const { uses: judged, findings } = infer(uses);
    expect(judged.filter(({ cause }) => /^(?:load|dek)\./.test(cause))).toEqual([]);
    expect(findings.map(({ ttl, identity }) => [ttl, identity])).toEqual([[null, 'none']]);
  });

  test('health checks are found, with their pace', () => {
    const uses = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].flatMap((ip, host) =>
      Array.from({ length: 240 }, (_, minute): Use[] => {
        const at = startMs + minute * minuteMs + host * 7_000;
        return [
          { at, operation: 'Encrypt', caller: 'control-plane', ip },
          { at: at + 40, operation: 'Decrypt', caller: 'control-plane', ip },
        ];
      }).flat(),
    );
    const { uses: judged, findings } = infer(uses);
    expect(new Set(judged.map(({ cause }) => cause))).toEqual(new Set(['probe']));
    const paces = findings.flatMap(({ probes }) => probes.map(({ everyMs }) => everyMs));
    expect(paces).toHaveLength(6);
    for (const everyMs of paces) expect(everyMs).toBeCloseTo(minuteMs, -3);
  });

  test('refusals are told by the cloud’s own words for them', () => {
    const caller = { operation: 'Decrypt', caller: 'engine', ip: '203.0.113.1' } as const;
    const uses = Array.from({ length: 30 }, (_, number): Use => {
      const at = startMs + number * number * 10_000;
      return { ...caller, at, isDenied: number % 3 === 0 };
    });
    const denied = infer(uses).uses.filter(({ cause }) => cause === 'denied');
    expect(denied).toHaveLength(10);
  });
});
