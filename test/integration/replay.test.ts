import { beforeAll, expect, type TestContext, test } from 'vitest';
import { readTrace, type TraceRow } from '../../lib/sandbox/replay/read-trace.ts';
import type { ReplayResult } from '../../lib/sandbox/replay/replay.ts';
import { needSharedData, sharedData } from '../support/shared-data.ts';
import { sized } from '../support/sized.ts';
import {
  type Expected,
  type ExpectedHour,
  type ExpectedPolicy,
  readExpected,
  readExpectedHours,
  recordedCases,
  replayVariant,
} from '../support/workloads.ts';

const hourMs = 3_600_000;
const mainVariants: readonly string[] = [
  '24h_1p',
  '1h_1p',
  '24h_8p_row_shared',
  '1h_8p_row_shared',
];
let expected: Expected;
let expectedHours: ExpectedHour[];
const rowsOf = new Map<string, TraceRow[]>();

beforeAll(async () => {
  const file = sharedData('workloads/expected.json');
  const hours = sharedData('workloads/expected-hourly.csv.gz');
  if (file === undefined || hours === undefined) return;
  expected = await readExpected(file);
  expectedHours = await readExpectedHours(hours);
});

async function rows(context: TestContext, trace: string): Promise<TraceRow[]> {
  const path = needSharedData(context, `workloads/${trace}.csv.gz`);
  const known = rowsOf.get(trace) ?? (await readTrace(path));
  rowsOf.set(trace, known);
  return known;
}

/** The causes that the independent simulation's counts mean. */
function causesOf(policy: ExpectedPolicy): Record<string, number> {
  const { decrypt_cause: cause, expired_idle: idle = {} } = policy;
  const all = {
    'load.first': cause.cold ?? 0,
    'load.evicted': cause.evicted ?? 0,
    'load.expired': idle['<ttl'] ?? 0,
    'load.reopened': idle['>=ttl'] ?? 0,
  };
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n > 0));
}

function check(result: ReplayResult, policy: ExpectedPolicy): void {
  const { messages, kmsEncrypt, kmsDecrypt, causes } = result;
  expect({ messages, kmsEncrypt, kmsDecrypt }).toEqual({
    messages: policy.messages,
    kmsEncrypt: policy.kms_encrypt,
    kmsDecrypt: policy.kms_decrypt,
  });
  const { 'dek.first': first = 0, 'dek.rotation': rotation = 0, ...loads } = causes;
  expect(first + rotation).toBe(kmsEncrypt);
  const made = Object.entries(loads).filter(([, n]) => n > 0);
  expect(Object.fromEntries(made)).toEqual(causesOf(policy));
}

/** Hours are numbered from the epoch; the engine's list leaves the silent ones out. */
function checkHours(result: ReplayResult, hours: readonly ExpectedHour[]): void {
  const asked = hours
    .filter(({ messages, encrypt, decrypt }) => messages + encrypt + decrypt > 0)
    .map(({ hour, messages, encrypt, decrypt }) => ({
      hour: `${new Date(hour * hourMs).toISOString().slice(0, 13)}Z`,
      messages,
      encrypt,
      decrypt,
    }));
  expect(asked.length).toBeGreaterThan(0);
  expect(result.hourly).toEqual(asked);
}

test('every variant of every trace is among these', (context) => {
  needSharedData(context, 'workloads/expected.json');
  const told = Object.entries(expected.traces).flatMap(([trace, { policies }]) =>
    Object.keys(policies).map((name) => `${trace} ${name}`),
  );
  expect(told.sort()).toEqual(recordedCases.map(({ trace, name }) => `${trace} ${name}`).sort());
  expect(recordedCases).toHaveLength(45);
});

/** The years of one trace under every policy take as long as all else: here under one process's and a fleet's. */
const isShort = ({ trace, name }: { trace: string; name: string }): boolean =>
  trace !== 'zulip_two_orgs' || ['24h_1p', '24h_8p_row_shared'].includes(name);
const cases = recordedCases.filter((one) => sized({ ci: isShort(one), long: true }));

test.for(cases)(
  '$trace under $name: exactly the requests and causes of the independent simulation',
  async ({ trace, name }, context) => {
    const given = await rows(context, trace);
    const policy = expected.traces[trace]?.policies[name];
    const variant = expected.variants[name];
    if (variant === undefined || policy === undefined) throw new Error(`no ${name} of ${trace}`);
    const result = await replayVariant(given, variant);
    check(result, policy);
    const hours = expectedHours.filter((row) => row.trace === trace && row.variant === name);
    const main = mainVariants.includes(name);
    expect(hours.length > 0).toBe(main);
    if (main) checkHours(result, hours);
  },
);
