/** A log alone, cut by key and by principal, and with what somebody knows of the service beside it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { pattern } from '../../lib/services/answers/pattern.ts';
import { report } from '../../lib/services/answers/report.ts';
import { listSpikes } from '../../lib/services/answers/spikes.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import { auditRecord, keyArn } from '../support/records.ts';
import { needCase } from '../support/shared-data.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, runKeytide, scratchDir } from '../support/up.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const from = Date.UTC(2026, 10, 20, 8);
const window = { from, to: from + 6 * hourMs };
const otherKey = keyArn.replace('key/1', 'key/2');
const migrator = 'AROAMIGRATOR00000000';

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 120_000);
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

async function take(records: AuditRecord[]): Promise<void> {
  await store.clear();
  await ingestAudit({ ctx: store.ctx, input: { records, source: 'files', seenAt: null } });
  await store.cover(window.to);
}

/** Keys loaded together and again whenever an hour has passed; and forty ReEncrypts to another key in one minute. */
function twoKeys(): AuditRecord[] {
  const loads = Array.from({ length: 30 }, (_, no) =>
    Array.from({ length: 6 }, (_, turn) =>
      auditRecord({
        eventId: `d${no}-${turn}`,
        at: from + no * 1_000 + turn * (hourMs + 5_000),
        context: [
          ['org', 'acme'],
          ['team', `t${no}`],
        ],
      }),
    ),
  ).flat();
  const moved = Array.from({ length: 40 }, (_, no) =>
    auditRecord({
      eventId: `r${no}`,
      at: from + 2 * hourMs + 30 * minuteMs + no * 1_000,
      operation: 'ReEncrypt',
      otherKeys: [otherKey],
      principal: migrator,
      principalName: `arn:aws:iam::200000000001:role/key-migration`,
    }),
  );
  return [...loads, ...moved];
}

const inMinutes = async (filter: ExplainFilter) => {
  const { rows } = await pattern({ ctx: store.ctx, input: { window, filter } });
  return rows.flatMap(({ minutes }) => minutes).reduce((sum, n) => sum + n, 0);
};
const inSpikes = async (filter: ExplainFilter) => {
  const { buckets } = await listSpikes({ ctx: store.ctx, input: { window, filter } });
  return buckets.reduce((sum, { calls }) => sum + calls, 0);
};
const uses = async (filter: ExplainFilter) =>
  (await explain({ ctx: store.ctx, input: { window, filter } })).logCauses?.of;

describe('an event of two keys', () => {
  test('is in both keys’ minutes and spikes, and once where keys are summed', async () => {
    await take(twoKeys());
    for (const count of [inMinutes, inSpikes, uses]) {
      expect(await count({ key: keyArn })).toBe(220);
      expect(await count({ key: otherKey })).toBe(40);
      expect(await count({})).toBe(220);
    }
    const { spikes } = await listSpikes({
      ctx: store.ctx,
      input: { window, filter: { key: otherKey } },
    });
    expect(spikes).toMatchObject([{ key: otherKey, calls: 40 }]);
  });
});

describe('a principal of a log alone', () => {
  test('is offered as a filter, and its events alone are counted then', async () => {
    await take(twoKeys());
    const { choices } = await explain({ ctx: store.ctx, input: { window } });
    expect(choices.principals.map(({ name }) => name)).toEqual([
      expect.stringContaining('AROAOURS'),
      'arn:aws:iam::200000000001:role/key-migration',
    ]);
    expect(choices.processes).toEqual([]);
    for (const count of [inMinutes, inSpikes, uses])
      expect(await count({ principal: migrator })).toBe(40);
    const view = await explain({
      ctx: store.ctx,
      input: { window, filter: { principal: migrator } },
    });
    expect(view.sentences[0]).toContain('40 KMS requests');
    expect(view.strangers).toMatchObject([{ principal: migrator, kind: 'unknown', events: 40 }]);
    expect(view.spikes).toMatchObject([{ calls: 40 }]);
  });
});

describe('what is told of the service', () => {
  const service = {
    principals: ['AROAOURS000000000000'],
    messagesPerHour: 6_000,
    promise: 'hourly',
    deploys: ['2026-11-20T08:00Z'],
  } as const;
  const told = () => ({
    ...store.ctx,
    service: { ...service, principals: [...service.principals], deploys: [...service.deploys] },
  });

  test('says what is the service’s, how many fewer requests, and what of the promise shows', async () => {
    await take(twoKeys());
    const untold = await explain({ ctx: store.ctx, input: { window } });
    expect(untold.strangers.map(({ kind }) => kind)).toEqual(['unknown', 'unknown']);
    expect(untold.helps[0]?.field).toBe('messagesPerHour');
    const view = await explain({ ctx: told(), input: { window } });
    expect(view.sentences[0]).toContain('180 of them by your service');
    expect(view.sentences[0]).toContain('against 36,000 messages');
    expect(view.strangers.map(({ kind }) => kind)).toEqual(['own', 'stranger']);
    expect(view.sentences.join(' ')).toContain(
      'Principals that you did not name used the key: key-migration',
    );
    expect(view.promise).toMatchObject({ stated: { ttlMs: hourMs, told: true } });
    const verdicts = new Map(view.promise?.checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts.get('ttl')).toBe('consistent');
    expect(verdicts.get('silence')).toBe('consistent');
    const causes = view.logCauses?.causes ?? [];
    expect(causes.find(({ cause }) => cause === 'load.first.cold-start')?.events).toBe(30);
    expect(view.helps).toEqual([]);
  });

  test('and the report has it too, with the pattern and what to change', async () => {
    await take(twoKeys());
    const text = await report({ ctx: told(), input: { window } });
    for (const title of ['Pattern', 'What to change', 'What is promised', 'Who used the key'])
      expect(text).toContain(`## ${title}`);
    expect(text).toContain('Loads repeat every');
    expect(text).not.toContain('TTL and use of DEKs are not known');
  });

  test('a key that was disabled shows when its last request succeeded', async () => {
    const at = from + 3 * hourMs;
    await take([
      ...twoKeys().filter((one) => one.at < at),
      auditRecord({ eventId: 'off', at, operation: 'DisableKey' }),
      auditRecord({ eventId: 'late', at: at + 30_000 }),
      auditRecord({ eventId: 'no', at: at + minuteMs, errorCode: 'DisabledException' }),
    ]);
    const { alarms, promise } = await explain({ ctx: store.ctx, input: { window } });
    expect(promise?.checks.find(({ id }) => id === 'revocation')).toMatchObject({
      foundMs: 30_000,
      verdict: 'consistent',
    });
    expect(alarms.map(({ id }) => id)).toEqual(['key']);
    // Whoever is answered hours later has the key again, though nothing tells who gave it back.
    await take([auditRecord({ eventId: 'again', at: at + 4 * hourMs })]);
    const later = await explain({ ctx: store.ctx, input: { window } });
    expect(later.alarms).toEqual([]);
  });
});

describe('keytide explain --service', () => {
  const write = async (name: string, content: string | Buffer) => {
    const path = join(dir, name);
    await writeFile(path, content);
    return path;
  };
  const explained = async (context: Parameters<typeof needCase>[0], service: unknown) => {
    const path = await write('service.json', JSON.stringify(service));
    const audit = needCase(context, '08-esdk-hourly/log.json.gz');
    return runKeytide(['explain', '--audit', audit, '--service', path, '--json']);
  };

  test('makes the answer sharper', async (context) => {
    const { code, stdout } = await explained(context, {
      principals: ['messages-prod'],
      messagesPerHour: 120_000,
      promise: 'daily',
    });
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.sentences[0]).toContain('all by your service');
    expect(told.promise).toMatchObject({
      stated: { told: true },
      checks: [{ id: 'ttl', verdict: 'consistent' }, {}, {}, {}],
    });
    expect(told.advice[0]).toMatchObject({ id: 'share', requestsSaved: 4_800 });
    expect(told.inferred.ttlMs).toBe(hourMs);
  }, 60_000);

  test.each([
    ['%PDF-1.4\n1 0 obj', /service\.json is not JSON\. .*\{"promise": \{"ttl": "1h"\}\}\.\n$/],
    ['{"ttl": "1h"}', /service\.json: Service: ttl is not known; there are principals/],
  ])(
    'refuses %s before the log is read',
    async (content, reason) => {
      const path = await write('service.json', content);
      const audit = await write('log.json.gz', gzipSync('{"Records":[]}'));
      const run = await runKeytide(['explain', '--audit', audit, '--service', path]);
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toMatch(reason);
    },
    60_000,
  );

  test('refuses message counts that are none, before the log is read', async () => {
    const path = await write('messages.csv', '%PDF-1.4\n1 0 obj');
    const run = await runKeytide(['explain', '--audit', path, '--messages', path]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/messages\.csv holds no count of messages\. Write a line/);
  }, 60_000);
});
