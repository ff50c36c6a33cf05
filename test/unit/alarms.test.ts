import { describe, expect, test } from 'vitest';
import type { WindowSum } from '../../lib/domain/window-facts.ts';
import { compareCounts } from '../../lib/explain/ledger/comparison.ts';
import { costsOf } from '../../lib/explain/ledger/costs.ts';
import type { WindowFacts } from '../../lib/explain/ledger/facts.ts';
import { buildLedger } from '../../lib/explain/ledger/ledger.ts';
import { countsOf } from '../../lib/explain/ledger/ledger-counts.ts';
import { buildWaterfall } from '../../lib/explain/ledger/waterfall.ts';
import { alarmsOf, type TakenKey } from '../../lib/explain/words/alarms.ts';
import { buildSentences } from '../../lib/explain/words/sentences.ts';
import type { SourceCoverage } from '../../lib/shared/dto.ts';
import { defaultPrices } from '../../lib/shared/price-table.ts';
import { factsTo, sum, windowFacts } from '../support/facts.ts';
import { ourRole } from '../support/records.ts';

const messages = sum('messages', 'message', 1_000);
const lookups = [sum('operations', 'message:hit', 1_960), sum('operations', 'message:miss', 40)];
const calls = [sum('calls', 'load.first', 40), sum('attempts', 'matched:request-id', 40)];
const matched = sum('events', 'matched', 40, ourRole);
const ok: SourceCoverage = {
  id: 'cloudtrail:1:eu-central-1',
  kind: 'cloudtrail',
  status: 'ok',
  message: null,
  coveredUntil: factsTo,
  polledAt: factsTo,
  lagMs: 1,
};

function told(
  facts: WindowFacts,
  coverage: readonly SourceCoverage[] = [ok],
  taken: TakenKey | null = null,
  processes: { dark: number; of: number } | null = null,
) {
  const counts = countsOf(facts);
  const ledger = buildLedger(facts);
  const alarms = alarmsOf({
    taken,
    processes,
    facts,
    counts,
    residual: ledger.residual,
    coverage,
    drops: [],
    unseenDrops: 0,
  });
  const sentences = buildSentences({
    facts,
    isFiltered: false,
    counts,
    alarms,
    residual: ledger.residual,
    strangers: [],
    busiestHours: [],
    spikes: [],
    costs: costsOf(facts.sums, { window: facts.window, table: defaultPrices }),
    comparisons: [],
    log: null,
  }).map(({ text }) => text);
  return { counts, ledger, alarms, sentences, waterfall: buildWaterfall(counts) };
}

describe('the gravest thing comes first', () => {
  test('in the order of denials, outages, failed messages, suspects, residual, a log that is off', () => {
    const grave: WindowSum[] = [
      sum('operations', 'message:denial', 12),
      sum('operations', 'message:outage', 3),
      sum('operations', 'message:waiters', 2),
      sum('attempts', 'unmatched:denied', 5),
      sum('events', 'unclaimed', 4, ourRole),
    ];
    const failed: SourceCoverage = {
      ...ok,
      status: 'failed',
      message: 'The role lacks the right.',
    };
    const { alarms, sentences } = told(
      windowFacts([messages, ...lookups, ...calls, matched, ...grave]),
      [failed],
    );
    expect(alarms.map(({ id }) => id)).toEqual([
      'denials',
      'outages',
      'failures',
      'suspects',
      'residual',
      'log',
    ]);
    expect(sentences.slice(0, 6)).toEqual(alarms.map(({ text }) => text));
    expect(sentences[0]).toBe(
      'The KMS denied 5 requests, and 12 more lookups were refused without asking it again: ' +
        'what they were for could not be encrypted or decrypted.',
    );
    expect(sentences[5]).toContain('The role lacks the right.');
    expect(sentences[6]).toContain('1,000 messages needed');
  });

  test('a key that was taken away is named with who did it, before and beside its denials', () => {
    const taken: TakenKey = {
      ...{ key: 'k', state: 'disabled', since: factsTo, by: 'admin', isOnly: true },
      ...{ held: null, logged: null },
    };
    const quiet = [messages, ...lookups, ...calls, matched];
    const denied = [...quiet, sum('attempts', 'unmatched:denied', 5)];
    const ids = (sums: WindowSum[]) =>
      told(windowFacts(sums), [ok], taken).alarms.map(({ id }) => id);
    expect(ids(quiet)).toEqual(['key']);
    expect(ids(denied).slice(0, 2)).toEqual(['denials', 'key']);
    expect(told(windowFacts(quiet), [ok], taken).sentences[0]).toBe(
      'The key was disabled at 2026-11-23 13:00 UTC by admin: a process serves what it holds until it is refused or its leases end.',
    );
  });

  test('and of one just taken away what is held, and until when, as long as nobody was refused', () => {
    const [firstEndsAt, lastEndsAt] = [factsTo + 90_000, factsTo + 50 * 60_000];
    const held = { deks: 3, firstEndsAt, lastEndsAt, isRefused: false };
    const words = (more: Partial<typeof held>) => {
      const key = {
        key: 'k',
        state: 'disabled',
        since: factsTo,
        by: 'admin',
        isOnly: true,
        logged: null,
      } as const;
      const taken = { ...key, held: { ...held, ...more } };
      const { sentences } = told(windowFacts([messages, ...lookups]), [ok], taken);
      return sentences[0]?.split('admin: ')[1];
    };
    expect(words({})).toBe(
      'no request was denied since. 3 data keys are held and served until their leases end, the first at 2026-11-23 13:01:30 UTC, the last at 2026-11-23 13:50:00 UTC.',
    );
    expect(words({ isRefused: true })).toMatch(/^3 data keys are held/);
    expect(words({ deks: 0 })).toBe('no request was denied since. No process holds a data key.');
    expect(words({ deks: 0, isRefused: true })).toBe('everything is dark.');
  });

  test.each([
    [null, null, 'its log shows no request since.'],
    [null, factsTo, 'no request succeeded since, the first was denied at 2026-11-23 13:00 UTC.'],
    [factsTo, null, 'requests succeeded until 2026-11-23 13:00 UTC, none was denied.'],
  ])('and of a log alone what it shows since (%o, %o)', (lastSuccessAt, firstDenialAt, words) => {
    const taken: TakenKey = {
      ...{ key: 'k', state: 'disabled', since: factsTo, by: 'admin', isOnly: true, held: null },
      logged: { lastSuccessAt, firstDenialAt },
    };
    const [first] = told(windowFacts([messages, ...lookups]), [ok], taken).sentences;
    expect(first).toBe(`The key was disabled at 2026-11-23 13:00 UTC by admin: ${words}`);
  });

  test('denials name the processes that are dark, as long as nothing tells that the key was taken', () => {
    const denied = windowFacts([messages, ...lookups, sum('attempts', 'unmatched:denied', 5)]);
    const first = (dark: number) =>
      told(denied, [ok], null, { dark, of: 6 }).sentences[0]?.split('. ').at(1);
    expect(first(0)).toBeUndefined();
    expect(first(2)).toBe('Of 6 processes 2 are dark now, refused and without a data key.');
  });

  test('and nothing grave is no alarm', () => {
    expect(told(windowFacts([messages, ...lookups, ...calls, matched])).alarms).toEqual([]);
  });

  test('without any log that is said first', () => {
    const waiting = [sum('calls', 'load.first', 40), sum('attempts', 'unmatched:ok', 40)];
    const facts = windowFacts([messages, ...lookups, ...waiting], {
      coveredUntil: null,
      uncovered: waiting,
    });
    expect(told(facts, []).sentences[0]).toMatch(/^No audit log has been read yet/);
  });
});

describe('a signal that has not come in is no zero', () => {
  test('without metrics lookups and messages are not known, and nothing is reckoned from them', () => {
    const facts = windowFacts([...calls, matched]);
    const { sentences, ledger, waterfall, counts } = told(facts);
    expect(sentences[0]).toBe(
      'The engine’s metrics have not come in for this window, so messages and lookups are not known; ' +
        'its traces tell of 40 KMS calls, for which 40 requests were sent.',
    );
    expect(ledger.lines.map(({ id }) => id)).toEqual(['attempts', 'log', 'events']);
    expect(ledger.residual).toBe(0);
    expect(waterfall[0]?.id).toBe('requests');
    expect(compareCounts(counts, null).map(({ id }) => id)).not.toContain('operations');
    const [cost] = costsOf(facts.sums, { window: facts.window, table: defaultPrices });
    expect(cost).toMatchObject({ requests: 40, amountWithoutCache: null });
    expectNoGuess(sentences);
  });

  test('without traces requests are not known, and what is comes from the log alone', () => {
    const facts = windowFacts([messages, ...lookups]);
    const { sentences, ledger, waterfall, counts } = told(facts);
    expect(sentences[0]).toBe(
      'The engine’s traces have not come in for this window, so its KMS requests and their causes are not known; ' +
        'its metrics tell of 1,000 messages with 2,000 data key lookups, of which 98.0 % were answered from memory ' +
        'and 40 asked the KMS.',
    );
    expect(ledger.lines.map(({ id }) => id)).toEqual(['operations', 'events']);
    expect(ledger.residual).toBe(0);
    expect(waterfall.map(({ id }) => id)).toEqual([
      'messages',
      'operations-per-message',
      'operations',
      'hits',
      'misses',
    ]);
    expect(compareCounts(counts, null).map(({ id }) => id)).not.toContain('requests');
    expect(costsOf(facts.sums, { window: facts.window, table: defaultPrices })).toEqual([]);
    expectNoGuess(sentences);
  });

  test('lookups that were all answered from memory miss no traces, a validation no metrics', () => {
    expect(
      countsOf(windowFacts([messages, sum('operations', 'message:hit', 5)])).known.traces,
    ).toBe(true);
    const validated = [sum('calls', 'validate', 2), sum('attempts', 'matched:request-id', 2)];
    expect(countsOf(windowFacts(validated)).known.metrics).toBe(true);
  });
});

function expectNoGuess(sentences: readonly string[]): void {
  for (const sentence of sentences)
    expect(sentence).not.toMatch(/n\/a|\b0 (?:KMS|data key|lookups)|cost 0/);
}
