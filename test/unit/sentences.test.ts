import { describe, expect, test } from 'vitest';
import { unnamedPrincipal } from '../../lib/domain/unnamed-principal.ts';
import type { UnmatchedUse } from '../../lib/domain/window-facts.ts';
import type { WindowFacts } from '../../lib/explain/ledger/facts.ts';
import { buildLedger } from '../../lib/explain/ledger/ledger.ts';
import { countsOf } from '../../lib/explain/ledger/ledger-counts.ts';
import { principalUses } from '../../lib/explain/ledger/principal-uses.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { alarmsOf } from '../../lib/explain/words/alarms.ts';
import type { LogSide } from '../../lib/explain/words/log-sentences.ts';
import { buildSentences } from '../../lib/explain/words/sentences.ts';
import type { PrincipalUse } from '../../lib/shared/dto.ts';
import type { Said } from '../../lib/shared/said.ts';
import { factsFrom, factsTo, sum, windowFacts } from '../support/facts.ts';
import { keyArn, logUse, ourRole } from '../support/records.ts';

const normal = [
  sum('messages', 'message', 1_000),
  sum('operations', 'message:hit', 1_960),
  sum('operations', 'message:miss', 40),
  sum('calls', 'load.first', 40),
  sum('attempts', 'matched:request-id', 40),
  sum('events', 'matched', 40, ourRole),
];

const sentencesOf = (...given: Parameters<typeof saidOf>): string[] =>
  saidOf(...given).map(({ text }) => text);

function saidOf(
  facts: WindowFacts,
  strangers: readonly PrincipalUse[] = [],
  log: LogSide | null = null,
  isFiltered = false,
): Said[] {
  const { residual } = buildLedger(facts);
  const counts = countsOf(facts);
  return buildSentences({
    facts,
    isFiltered,
    counts,
    alarms: alarmsOf({
      taken: null,
      processes: null,
      facts,
      counts,
      residual,
      coverage: [],
      drops: [],
      unseenDrops: 0,
    }),
    residual,
    strangers,
    busiestHours: [],
    spikes: [],
    costs: [],
    comparisons: [],
    log,
  });
}

/** The numbers that lead somewhere, each with where. */
const ledTo = (sentences: readonly Said[]) =>
  sentences.flatMap(({ text, links }) =>
    links.map(({ at, href }) => [/^[\d,.]+( %)?/.exec(text.slice(at))?.[0], href]),
  );

test('who waited for another one’s request is not said to be answered from memory', () => {
  const facts = windowFacts([...normal, sum('operations', 'message:coalesced', 500)]);
  expect(sentencesOf(facts)[0]).toContain('2,500 data key lookups, and 78.4 % of them were');
});

test('numbers of a sentence lead to the calls and events that they count', () => {
  const facts = windowFacts([...normal, sum('events', 'suspect', 3, ourRole)]);
  expect(ledTo(saidOf(facts))).toEqual([
    ['3', '/calls?show=suspects'],
    ['1,000', '/details'],
    ['2,000', '/cache'],
    ['98.0 %', '/cache'],
    ['40', '/calls'],
    ['25.0', '/details'],
    ['40', '/calls?show=matched'],
    ['40', '/calls'],
  ]);
});

const somebody = 'AIDASOMEBODY';

/** Seven requests of one principal, of which nothing more is known. */
const logAlone = (given: Partial<LogSide> = {}): LogSide => ({
  causes: { examined: 7, of: 7, causes: [] },
  findings: inferCauses([logUse(factsFrom, { principal: somebody })]).findings,
  pattern: {
    period: null,
    lines: [],
    sentences: ['No pattern shows.'],
    sentenceLinks: [[]],
  },
  advice: [],
  promise: { stated: { ttlMs: null, dekLifetimeMs: null, told: false }, checks: [] },
  service: { principals: [], messagesPerHour: null, promise: null, deploys: [] },
  helps: [],
  endsApart: false,
  ...given,
});

describe('the sentences', () => {
  test('of a normal window say why there are fewer requests, when most, and that the log agrees', () => {
    expect(sentencesOf(windowFacts(normal))).toEqual([
      '1,000 messages needed 2,000 data key lookups, and 98.0 % of them were answered from memory, so 40 KMS requests were sent, one for every 25.0 messages.',
      'The customer’s log shows 40 of the 40 requests due. Nothing is unaccounted for.',
    ]);
  });

  test('of an empty window say that nothing was recorded, and no more about requests', () => {
    expect(sentencesOf(windowFacts([]))).toEqual([
      'Nothing was recorded in this window: no messages, no KMS requests and no audit events.',
    ]);
    expect(sentencesOf(windowFacts([]), [], null, true)).toEqual([
      'Nothing in this window passes these filters: no messages, no KMS requests and no audit events.',
    ]);
  });

  test('of a window after the log’s end say where it ends, not that nothing happened', () => {
    const facts = { ...windowFacts([]), coveredUntil: factsFrom };
    expect(sentencesOf(facts)).toEqual([
      'Nothing was recorded in this window: no messages, no KMS requests and no audit events. The audit log is read until 2026-11-23 12:00 UTC.',
    ]);
  });

  test('of one caller beside telemetry say how many of its events are calls of ours', () => {
    const facts = windowFacts([
      sum('events', 'matched', 5, ourRole),
      sum('events', 'unclaimed', 2),
    ]);
    expect(sentencesOf(facts)[0]).toMatch(/^The audit log shows 7 events here, 5 of them joined/);
  });

  test('of a log alone say how many requests, by whom and against how many messages, and call nobody a stranger', () => {
    const events = [sum('events', 'unclaimed', 7, 'AIDASOMEBODY')];
    const sentences = (messagesGiven: number | null) =>
      sentencesOf(windowFacts(events, { messagesGiven }), [], logAlone());
    expect(sentences(null)[0]).toBe(
      'The audit log shows 7 KMS requests in 1 h, all by AIDASOMEBODY.',
    );
    expect(sentences(300)[0]).toContain('against 300 messages: one for every 42.9 messages.');
    expect(sentences(null).join(' ')).not.toMatch(/stranger|not one of this service/i);
  });

  test('of a log alone tell what took less than a minute, and whom the log does not name, as that', () => {
    const window = { from: factsFrom, to: factsFrom + 60_000 };
    const minutes = Array.from({ length: 60 }, (_, no) =>
      logUse(factsFrom + no * 60_000, {
        eventId: `p${no}`,
        principal: unnamedPrincipal,
        context: null,
      }),
    );
    const log = logAlone({ findings: inferCauses(minutes).findings });
    const events = [sum('events', 'unclaimed', 7, unnamedPrincipal)];
    const [first, second] = sentencesOf(windowFacts(events, { window }), [], log);
    expect(first).toBe(
      'The audit log shows 7 KMS requests within one minute, all by callers that the log does not name.',
    );
    expect(second).toMatch(/^One process of callers that the log does not name checks the key at /);
  });

  test('of a log alone tell a service that asks by itself from one that asks for somebody', () => {
    const [itself, person] = ['secretsmanager.amazonaws.com', 'pipeline'].map((principal) =>
      logAlone({
        findings: inferCauses([
          logUse(factsFrom, { principal, invokedBy: 'secretsmanager.amazonaws.com' }),
        ]).findings,
      }),
    );
    const facts = windowFacts([sum('events', 'unclaimed', 1, 'p')]);
    const asked = 'secretsmanager.amazonaws.com asked 1 time on';
    expect(sentencesOf(facts, [], itself)[1]).toContain(`${asked} its own behalf`);
    expect(sentencesOf(facts, [], person)[1]).toContain(`${asked} behalf of pipeline`);
  });

  test('name every count that could not be accounted for', () => {
    const missing = normal.map((one) =>
      one.measure === 'events' ? { ...one, n: one.n - 3 } : one,
    );
    expect(sentencesOf(windowFacts(missing))[0]).toBe('3 counts could not be accounted for.');
  });

  test('say what is still to come and how far behind the log runs', () => {
    const waiting = sum('attempts', 'unmatched:ok', 2);
    const facts = windowFacts([...normal, sum('calls', 'validate', 2), waiting], {
      uncovered: [waiting],
      coveredUntil: factsTo - 60_000,
    });
    const sentences = sentencesOf(facts);
    expect(sentences[0]).toContain('lookups so far,');
    expect(sentences[1]).toBe(
      'The customer’s log shows 40 of the 40 requests due, 2 more are still to come; the log runs about 2 min behind. Nothing is unaccounted for.',
    );
  });

  test('of files alone are not “so far”: no more is to come of them', () => {
    const waiting = sum('attempts', 'unmatched:ok', 2);
    const facts = windowFacts([...normal, sum('calls', 'validate', 2), waiting], {
      uncovered: [waiting],
      coveredUntil: factsTo - 60_000,
      filesAlone: true,
    });
    const sentences = sentencesOf(facts);
    expect(sentences[0]).toContain('data key lookups, and');
    expect(sentences[1]).toContain('2 more were made after its files end.');
  });

  test('say that nothing is confirmed where no log has been read', () => {
    const sentences = sentencesOf(windowFacts(normal, { coveredUntil: null }));
    expect(sentences).toContain(
      'No audit log has been read yet, so nothing is confirmed by the customer’s own log.',
    );
  });

  test('name what is never logged, with the reason', () => {
    const facts = windowFacts([
      ...normal,
      sum('calls', 'load.expired', 4),
      sum('operations', 'message:miss', 4),
      sum('attempts', 'unmatched:denied', 4),
    ]);
    expect(sentencesOf(facts)[2]).toBe(
      'The customer’s log shows 40 of the 44 requests due, never logged: 4 denied across accounts. Nothing is unaccounted for.',
    );
  });

  test('name each stranger and suspect, and telemetry that was lost', () => {
    const use = { principal: 'p', key: keyArn, events: 1, firstAt: 0, lastAt: 0 };
    const rest = { ...use, sourceIps: [], addresses: 0, services: [], operations: {} };
    const facts = windowFacts([...normal, sum('events', 'claim-new', 2, ourRole)]);
    const sentences = sentencesOf(facts, [
      {
        ...rest,
        kind: 'stranger',
        name: 'nightly-export',
        events: 12,
        services: ['Cloud Storage'],
      },
      { ...rest, kind: 'suspect', name: 'keytide-engine' },
    ]);
    expect(sentences.slice(-3)).toEqual([
      'nightly-export used the key 12 times: that principal is not one of this service’s; Cloud Storage asked on its behalf.',
      'keytide-engine used the key 1 time: that principal is this service’s, but the service made no such call.',
      '2 events claim calls whose telemetry was lost.',
    ]);
  });

  test('name the principals that used most, whatever their keys, and count the rest', () => {
    const uses = Array.from({ length: 10 }, (_, no) => ({
      kind: 'stranger' as const,
      principal: `p${no % 5}`,
      name: `backup-${no % 5}`,
      key: `${keyArn}-${no}`,
      events: 10 - (no % 5),
      firstAt: 0,
      lastAt: 0,
      sourceIps: [`192.0.2.${no}`, '192.0.2.1', '192.0.2.2'],
      addresses: no === 0 ? 425 : 3,
      services: [],
      operations: {},
    }));
    expect(sentencesOf(windowFacts(normal), uses).slice(-4)).toEqual([
      'backup-0 used the key 20 times from 192.0.2.0, 192.0.2.1, 192.0.2.2 and 422 more: that principal is not one of this service’s.',
      'backup-1 used the key 18 times from 192.0.2.1, 192.0.2.2, 192.0.2.6: that principal is not one of this service’s.',
      'backup-2 used the key 16 times from 192.0.2.1, 192.0.2.2, 192.0.2.7: that principal is not one of this service’s.',
      '2 more principals used it 26 times without a call of this service’s.',
    ]);
  });

  test('never claim to have saved requests where there were more of them than messages', () => {
    const few = normal.map((one) => (one.measure === 'messages' ? { ...one, n: 10 } : one));
    expect(sentencesOf(windowFacts(few))[0]).toMatch(/so 40 KMS requests were sent\.$/);
  });
});

describe('uses by others', () => {
  const use = (given: Partial<UnmatchedUse>): UnmatchedUse => ({
    principal: 'AIDASTRANGER',
    name: 'nightly-export',
    key: keyArn,
    state: 'unclaimed',
    operation: 'Decrypt',
    events: 3,
    firstAt: 100,
    lastAt: 200,
    sourceIps: ['127.0.0.77'],
    addresses: 1,
    services: [],
    ...given,
  });
  const ours = new Set([ourRole]);

  test('are one entry for each principal and key, whatever was done and claimed', () => {
    const found = principalUses(
      [
        use({}),
        use({
          operation: 'Encrypt',
          events: 1,
          firstAt: 50,
          sourceIps: ['127.0.0.5', '127.0.0.77'],
        }),
        use({ state: 'claim-new', events: 2, lastAt: 900, services: ['s3.amazonaws.com'] }),
        use({ key: 'other-key', events: 9 }),
      ],
      ours,
    );
    expect(found).toEqual([
      expect.objectContaining({ key: 'other-key', events: 9 }),
      {
        kind: 'stranger',
        principal: 'AIDASTRANGER',
        name: 'nightly-export',
        key: keyArn,
        events: 6,
        firstAt: 50,
        lastAt: 900,
        sourceIps: ['127.0.0.5', '127.0.0.77'],
        addresses: 2,
        services: ['s3.amazonaws.com'],
        operations: { Decrypt: 5, Encrypt: 1 },
      },
    ]);
  });

  test('of our own principal are suspect without a free claim, and only lost telemetry with one', () => {
    const own = { principal: ourRole, name: 'keytide-engine' };
    const found = principalUses(
      [
        use({ ...own, events: 1 }),
        use({ ...own, state: 'claim-used', events: 1 }),
        use({ ...own, state: 'claim-new', events: 50 }),
      ],
      ours,
    );
    expect(found).toEqual([expect.objectContaining({ kind: 'suspect', events: 2 })]);
  });

  test('without a known address are listed too', () => {
    const bare = { ...use({}), sourceIps: null, services: null } as unknown as UnmatchedUse;
    expect(principalUses([bare], ours)).toEqual([expect.objectContaining({ sourceIps: [] })]);
  });
});
