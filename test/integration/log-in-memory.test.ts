/** A log of files is explained in memory as the store explains it once it has been imported: every key, every word. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { storeExtent } from '../../lib/services/answers/extent.ts';
import { usesSince } from '../../lib/services/answers/log-causes.ts';
import { jsonReport, report } from '../../lib/services/answers/report.ts';
import type { ExplainInput } from '../../lib/services/answers/window-facts.ts';
import { importFiles } from '../../lib/services/intake/import-files.ts';
import { readLog } from '../../lib/services/intake/read-log.ts';
import { noService } from '../../lib/shared/service-facts.ts';
import { readLogUses } from '../../lib/store/views/ledger/read-log-events.ts';
import { cloudStory } from '../support/cloud-story.ts';
import { customer, keyArn } from '../support/records.ts';
import { simulatedLog } from '../support/simulated-logs.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { removeDir, scratchDir } from '../support/up.ts';

let store: TestStore;
let dir: string;
beforeAll(async () => {
  store = await openTestStore();
  dir = await scratchDir();
}, 60_000);
afterAll(async () => {
  await store.close();
  await removeDir(dir);
});

/** A use as CloudTrail writes it. */
const cloudTrail = (use: LogUse, change: object = {}) => ({
  eventVersion: '1.11',
  eventSource: 'kms.amazonaws.com',
  eventID: use.eventId,
  eventName: use.operation,
  eventTime: new Date(use.at).toISOString(),
  userIdentity: {
    type: 'AssumedRole',
    principalId: `${use.principal}:${use.session}`,
    accountId: '100000000001',
    ...(use.invokedBy !== null && { invokedBy: use.invokedBy }),
  },
  sourceIPAddress: use.sourceIp,
  userAgent: use.byHand ? 'Mozilla/5.0' : 'aws-sdk-java/2.25.1',
  requestParameters: { encryptionContext: use.context && Object.fromEntries(use.context) },
  ...(use.errorCode !== null && { errorCode: use.errorCode }),
  recipientAccountId: customer,
  ...(use.key !== null && { resources: [{ ARN: use.key, accountId: customer }] }),
  ...change,
});

const simulated = (seed: number) => usesOf(seed).map((use) => cloudTrail(use));
const usesOf = (seed: number) =>
  simulatedLog(seed).uses.slice(0, sized({ ci: 1_500, long: 30_000 }));

const otherKey = keyArn.replace(/.{4}$/, '0002');

/** What a key's owner does, two keys in one request, copies of one request, and claims, one of them used twice. */
function eventful(): object[] {
  const uses = usesOf(3);
  const at = (no: number) => new Date((uses[0]?.at ?? 0) + no * 60_000).toISOString();
  const aside = (no: number, eventName: string, change: object) => ({
    ...{ eventID: `aside-${no}`, eventName, eventTime: at(no), eventSource: 'kms.amazonaws.com' },
    userIdentity: { type: 'IAMUser', principalId: 'AIDAOWNER', arn: 'arn:aws:iam::1:user/owner' },
    ...{ recipientAccountId: customer, resources: [{ ARN: keyArn }] },
    ...change,
  });
  const claim = (no: number) =>
    `sdk keytide/1#engine-1.boot0001.${no}.1#load.expired#00000000000000aa`;
  return [
    ...uses.map((use, no) =>
      cloudTrail(use, {
        ...(no % 7 === 0 && { userAgent: claim(no - (no % 14)) }),
        ...(no % 11 === 0 && { sharedEventID: `shared-${no - (no % 22)}` }),
        ...(no % 13 === 0 && { recipientAccountId: '100000000001' }),
      }),
    ),
    aside(50, 'DisableKey', {}),
    aside(55, 'Decrypt', { errorCode: 'DisabledException' }),
    aside(80, 'EnableKey', {}),
    aside(90, 'StopLogging', { eventSource: 'cloudtrail.amazonaws.com', resources: [] }),
    aside(95, 'DescribeKey', {}),
    ...[100, 101, 102].map((no) =>
      aside(no, 'ReEncrypt', {
        requestParameters: { sourceKeyId: keyArn, destinationKeyId: otherKey },
        resources: [{ ARN: keyArn }, { ARN: otherKey }],
      }),
    ),
  ];
}

const story = (provider: 'gcp' | 'azure', claims: boolean) =>
  cloudStory({ provider, claims, seed: 5, calls: 240, skewMs: 0 }).audit.map(rawOf);
const rawOf = ({ raw }: AuditRecord): unknown => JSON.parse(raw);

const inputs: [name: string, records: () => unknown[]][] = [
  ['a service with cached keys', () => simulated(0)],
  ['a service with a key for each tenant', () => simulated(1)],
  ['several services on one key', () => simulated(simulatedLog.length + 12)],
  ['an eventful key', eventful],
  ['Google Cloud', () => story('gcp', false)],
  ['Google Cloud with claims', () => story('gcp', true)],
  ['Azure', () => story('azure', false)],
];

test.each(inputs)(
  'of %s memory and store say the same',
  async (name, records) => {
    const path = join(dir, `${name}.json`);
    const lines = records().map((record) => JSON.stringify(record));
    // Some records twice.
    await writeFile(path, [...lines, ...lines.slice(0, 20)].join('\n'));
    await store.clear();
    const taken = await importFiles({ ctx: store.ctx, input: { paths: [path] } });
    const log = await readLog({ input: { paths: [path] } });
    expect(log.report).toEqual(taken);
    const window = await storeExtent({ ctx: store.ctx });
    if (window === null) throw new Error('the log holds something');
    expect(await storeExtent({ ctx: log.ctx })).toEqual(window);
    const { choices } = await jsonReport({ ctx: store.ctx, input: { window } });
    const middle = Math.floor((window.from + window.to) / 120_000) * 60_000;
    const asked: ExplainInput[] = [
      { window: { from: middle, to: window.to } },
      ...choices.keys.slice(0, 2).map((key) => ({ window, filter: { key } })),
      ...choices.principals.slice(0, 1).map(({ id }) => ({ window, filter: { principal: id } })),
      ...choices.workspaces.slice(0, 1).map((workspace) => ({ window, filter: { workspace } })),
    ];
    for (const input of asked) {
      const whole = await jsonReport({ ctx: store.ctx, input });
      expect(await jsonReport({ ctx: { ...log.ctx, now: store.ctx.now }, input })).toEqual(whole);
      expect(whole.logCauses?.of).toBeGreaterThan(0);
    }
    const service = { ...noService, promise: 'daily' as const, messagesPerHour: 5_000 };
    const told = { now: store.ctx.now, service };
    expect(await report({ ctx: { ...log.ctx, ...told }, input: { window } })).toBe(
      await report({ ctx: { ...store.ctx, ...told }, input: { window } }),
    );
  },
  60_000,
);

test('of more events than can be held both take the same sample, whatever their contexts hold', async () => {
  const texts = ['plain', 'é "quoted" \\ back', 'line\n\u0001', '{"a": [1, 2]}', '\u{1f511}'];
  const records = simulatedLog(0)
    .uses.slice(0, 200)
    .map((use, no) => {
      const context: [string, string][] = [
        ['a', `${texts[no % 5]}${no}`],
        ['b', texts[no % 3] ?? ''],
      ];
      return cloudTrail({ ...use, context: no % 10 === 0 ? null : context });
    });
  const path = join(dir, 'sampled.json');
  await writeFile(path, JSON.stringify(records));
  await store.clear();
  await importFiles({ ctx: store.ctx, input: { paths: [path] } });
  const log = await readLog({ input: { paths: [path] } });
  const query = { from: 0, to: Date.UTC(2100), filter: {}, oneIn: 3, usesMax: 50 };
  const uses = await readLogUses(store.ctx.db, query);
  expect(await readLogUses(log.ctx.db, query)).toEqual(uses);
  expect(uses).toHaveLength(50);
});

test('of a log whose events are all of one context some are read, however many there are', async () => {
  const { uses } = simulatedLog(0);
  const path = join(dir, 'one-context.json');
  for (let no = 0; no < 20; no++) {
    const context: [string, string][] = [['tenant', `t${no}`]];
    const records = uses.slice(0, 200).map((use) => cloudTrail({ ...use, context }));
    await writeFile(path, JSON.stringify(records));
    const { ctx } = await readLog({ input: { paths: [path] } });
    const read = await usesSince(ctx, { from: 0, to: Date.UTC(2100), filter: {} }, 60);
    expect(read.length).toBeGreaterThanOrEqual(60);
  }
});
