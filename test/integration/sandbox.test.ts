import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { customerAccount } from '../../lib/sandbox/fleet/accounts.ts';
import { Sandbox } from '../../lib/sandbox/sandbox.ts';
import { explain } from '../../lib/services/answers/explain.ts';
import { revocation } from '../../lib/services/answers/revocation.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { ingestAudit } from '../../lib/services/intake/ingest-audit.ts';
import { sandboxSource } from '../../lib/services/intake/log-sources.ts';
import { type PollInput, pollLog } from '../../lib/services/intake/poll-log.ts';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { parseCloudTrail } from '../../lib/sources/cloudtrail/parse.ts';
import { writeAuditSource } from '../../lib/store/entities/audit-sources.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-store.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 10, 20);
const untilMs = startMs + 2 * dayMs;
const speed = 600;

let store: TestStore;
let otlp: OtlpReceiver;
let sandbox: Sandbox;
let dir: string;
const errors: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  otlp = await startOtlpReceiver(store.ctx);
  dir = await mkdtemp(join(tmpdir(), 'keytide-sandbox-'));
  const onError = (message: string) => void errors.push(message);
  const to = { url: otlp.url, token: 'made-up' };
  sandbox = new Sandbox({ startMs, seed: 7, otlp: to, messagesPerHour: 300, onError });
  await sandbox.layHistory(untilMs, () => {});
}, 120_000);

afterAll(async () => {
  await sandbox.close();
  await otlp.close();
  await store.close();
  await rm(dir, { recursive: true, force: true });
});

/** The customer's log as the sandbox knows it, delivered or not. */
function customersLog(): AuditRecord[] {
  return sandbox.awsSide.aws.events(customerAccount).flatMap(({ record }) => {
    const parsed = parseCloudTrail(record);
    return parsed.kind === 'record' ? [parsed.record] : [];
  });
}

function explained(window: { from: number; to: number }): Promise<ExplainView> {
  return explain({ ctx: store.ctx, input: { window } });
}

const total = (view: ExplainView, id: string) =>
  view.ledger.lines.find((line) => line.id === id)?.total ?? -1;
const term = (view: ExplainView, line: string, id: string) =>
  view.ledger.lines.find((one) => one.id === line)?.terms.find((one) => one.id === id)?.value ?? 0;
const count = async (sql: string) => (await store.query<{ n: number }>(sql))[0]?.n ?? -1;

describe('two days of history', () => {
  test('the delivered log is written as files, and only what is young is not in it', async () => {
    const { files, records } = await sandbox.writeLogs(dir);
    expect(files.length).toBeGreaterThan(100);
    const report = await importFiles({ ctx: store.ctx, input: { paths: [dir] } });
    expect(report).toMatchObject({ files: files.length, records, duplicates: 0, rejected: [] });
    const log = sandbox.awsSide.aws.events(customerAccount);
    expect(report.records).toBe(log.filter(({ visibleAt }) => visibleAt <= untilMs).length);
    const view = await explained({ from: startMs, to: untilMs });
    expect(total(view, 'attempts')).toBeGreaterThan(500);
    for (const { id, residual } of view.ledger.lines) {
      // The files alone do not say that the newest events of their last minutes are still to come.
      if (id !== 'log') expect({ id, residual }).toEqual({ id, residual: 0 });
    }
    const missing = log.length - report.records;
    const { residual } = view.ledger.lines.find((line) => line.id === 'log') ?? {};
    expect((residual ?? -1) + term(view, 'log', 'pending')).toBeLessThanOrEqual(missing);
  });

  test('once the whole log is in, every line of the ledger balances', async () => {
    const records = customersLog();
    await ingestAudit({ ctx: store.ctx, input: { records, source: 'rest', seenAt: null } });
    await store.cover(untilMs);
    const view = await explained({ from: startMs, to: untilMs });
    expect(view.ledger.lines.map(({ id, residual }) => ({ id, residual }))).toEqual(
      ['operations', 'calls', 'attempts', 'log', 'events'].map((id) => ({ id, residual: 0 })),
    );
    expect(term(view, 'log', 'pending')).toBe(0);
    expect(term(view, 'events', 'lost')).toBe(0);
    expect(total(view, 'events')).toBe(records.length);
    expect(otlp.faults).toEqual([]);
  });

  test('every attempt that the customer’s log has is joined to exactly the event it left', async () => {
    const rows = await store.query<{ requestId: string; eventId: string; method: string }>(
      `SELECT request_id AS "requestId", event_id AS "eventId", join_method AS method FROM kms_attempt`,
    );
    const joined = rows.map(({ requestId, eventId }) => `${requestId} ${eventId}`).sort();
    const claimed = customersLog().filter(({ claim }) => claim !== null);
    expect(joined).toEqual(
      claimed.map(({ requestId, eventId }) => `${requestId} ${eventId}`).sort(),
    );
    expect(new Set(rows.map(({ eventId }) => eventId)).size).toBe(rows.length);
    expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(['request-id']));
  });

  test('the planted stranger and suspect are found, with exact counts, and nobody else is', async () => {
    const { strangers } = await explained({ from: startMs, to: untilMs });
    const { cast } = sandbox.awsSide;
    expect(strangers).toEqual([
      expect.objectContaining({
        kind: 'stranger',
        principal: cast.stranger.principalId,
        key: cast.keyArn,
        events: 24,
        operations: { Encrypt: 2, Decrypt: 22 },
        sourceIps: ['127.0.0.77'],
        firstAt: startMs + 3.25 * hourMs,
        lastAt: startMs + dayMs + 3.25 * hourMs,
      }),
      expect.objectContaining({
        kind: 'suspect',
        principal: cast.suspect.principalId.split(':')[0],
        key: cast.keyArn,
        events: 6,
        operations: { Encrypt: 2, Decrypt: 4 },
        sourceIps: ['127.0.0.66'],
      }),
    ]);
  });

  test('hours sum to the window: messages, calls and events', async () => {
    const whole = await explained({ from: startMs, to: untilMs });
    const sums = { messages: 0, operations: 0, calls: 0, events: 0 };
    for (let from = startMs; from < untilMs; from += 4 * hourMs) {
      const part = await explained({ from, to: from + 4 * hourMs });
      expect(part.ledger.residual).toBe(0);
      sums.messages += part.ledger.messages;
      for (const id of ['operations', 'calls', 'events'] as const) sums[id] += total(part, id);
    }
    expect(sums).toEqual({
      messages: whole.ledger.messages,
      operations: total(whole, 'operations'),
      calls: total(whole, 'calls'),
      events: total(whole, 'events'),
    });
  });
});

describe('living on', () => {
  let input: PollInput;
  let ttlEndsBy = 0;

  const poll = async () => {
    store.setNow(sandbox.clock.now());
    return pollLog({ ctx: store.ctx, input });
  };
  /** Polls until the condition holds; the sandbox lives on meanwhile. */
  const until = async (what: string, holds: () => Promise<boolean>, wallMsMax = 30_000) => {
    const deadline = performance.now() + wallMsMax;
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
      await wait(200);
      await poll();
    }
  };

  beforeAll(async () => {
    await sandbox.goLive(speed);
    const [live] = sandbox.access() ?? [];
    if (live === undefined) throw new Error('no endpoint');
    input = sandboxSource(live, { startMs: untilMs, everyMs: 1_000 });
  });

  afterAll(() => {
    input.reader.close();
  });

  test('new events come in by LookupEvents, claimed and from each engine’s own address', async () => {
    const seen = () =>
      count(`SELECT count(*)::float8 AS n FROM audit_event WHERE source LIKE 'cloudtrail:%'`);
    await until('forty events by LookupEvents', async () => (await seen()) >= 40);
    const events = await store.query<{
      session: string;
      ip: string;
      claimed: string;
      state: string;
    }>(
      `SELECT session, source_ip AS ip, claim_process AS claimed, state FROM audit_event
       WHERE source LIKE 'cloudtrail:%' AND source_ip NOT IN ('127.0.0.2', '127.0.0.66', '127.0.0.77')`,
    );
    for (const { session, ip, claimed } of events) {
      expect(session).toBe(claimed);
      expect(ip).toBe(`127.0.0.${10 + Number(claimed.slice('engine-'.length))}`);
    }
    expect(new Set(events.map(({ ip }) => ip)).size).toBeGreaterThan(2);
  });

  test('a disabled key ends every lease within the TTL, and its denials are never logged', async () => {
    sandbox.setKey(sandbox.awsSide.keyUri, false);
    const disabledAt = sandbox.clock.now();
    ttlEndsBy = disabledAt + hourMs + 5_000;
    const denied = () =>
      count(`SELECT count(*)::float8 AS n FROM kms_attempt WHERE outcome = 'denied'`);
    await until('a first denial', async () => (await denied()) > 0);
    await until('the TTL', async () => sandbox.clock.now() > ttlEndsBy + 40 * minuteMs);
    const uses = await count(
      `SELECT count(*)::float8 AS n FROM kms_call WHERE outcome = 'ok'
       AND at > to_timestamp(${(disabledAt + 30_000) / 1000})`,
    );
    expect(uses).toBe(0);
    const lookups = await store.query<{ outcome: string }>(
      `SELECT DISTINCT outcome FROM operation_count WHERE path <> 'message'
       AND at > to_timestamp(${(ttlEndsBy + minuteMs) / 1000})`,
    );
    const outcomes = lookups.map(({ outcome }) => outcome);
    expect(outcomes).toContain('miss');
    expect(outcomes).not.toContain('hit');
    store.setNow(sandbox.clock.now());
    const view = await revocation({ ctx: store.ctx, input: { sandbox: null } });
    const [held] = view.keys;
    expect(held?.darkBy).toBeNull();
    for (const { state } of held?.processes ?? []) expect(state).not.toBe('serving');
  }, 90_000);

  test('an enabled key is used again without anybody’s help', async () => {
    sandbox.setKey(sandbox.awsSide.keyUri, true);
    const enabledAt = sandbox.clock.now();
    const served = () =>
      count(`SELECT count(*)::float8 AS n FROM kms_call WHERE outcome = 'ok'
        AND cause = 'load.after-denial' AND at > to_timestamp(${enabledAt / 1000})`);
    await until('a load after the denial', async () => (await served()) > 0);
  }, 60_000);

  test('the ledger of the whole balances, denials named as never logged', async () => {
    // The traffic stops, its last telemetry goes out, and the log catches up.
    sandbox.clock.setSpeed(0);
    await wait(2_500);
    const now = sandbox.clock.now();
    sandbox.clock.jumpTo(now + 20 * minuteMs);
    await poll();
    const to = Math.ceil((now + minuteMs) / minuteMs) * minuteMs;
    await writeAuditSource(store.ctx.db, {
      id: input.sourceId,
      kind: 'cloudtrail',
      status: 'ok',
      message: null,
      cursorAt: null,
      polledAt: null,
      coveredUntil: to,
      updatedAt: now,
    });
    const view = await explained({ from: startMs, to });
    expect(view.ledger.lines.map(({ id, residual }) => ({ id, residual }))).toEqual(
      ['operations', 'calls', 'attempts', 'log', 'events'].map((id) => ({ id, residual: 0 })),
    );
    const denied = await count(
      `SELECT count(*)::float8 AS n FROM kms_attempt WHERE outcome = 'denied'`,
    );
    expect(denied).toBeGreaterThan(0);
    expect(term(view, 'log', 'never-logged-denied across accounts')).toBe(denied);
    const denials = customersLog().filter(
      ({ errorCode, principal }) =>
        errorCode !== null && principal === sandbox.awsSide.cast.suspect.principalId.split(':')[0],
    );
    expect(denials).toEqual([]);
    expect(errors).toEqual([]);
    expect(otlp.faults).toEqual([]);
  }, 30_000);
});
