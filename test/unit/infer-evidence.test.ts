/** What a log alone bears out: who is one process, what was refused, what a job is, and what is only a guess. */
import { describe, expect, test } from 'vitest';
import type { LogUse } from '../../lib/domain/log-use.ts';
import { seededRandom } from '../../lib/domain/seeded-random.ts';
import { findingSentences } from '../../lib/explain/log-only/finding-words.ts';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logUse } from '../support/records.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 24, 12);
const ttlMs = 20 * minuteMs;
const facts = {
  nameOf: (id: string) => id,
  price: { per10k: 0.03, currency: 'USD' },
  spanMs: hourMs,
  isSample: false,
};

type Context = NonNullable<LogUse['context']>;
const contextOf = (no: number): Context => [
  ['org', 'acme'],
  ['team', `t${no}`],
];
const use = (at: number, given: Partial<LogUse> = {}) =>
  logUse(start + at, { context: contextOf(0), ...given });
const told = (uses: LogUse[]) => inferCauses([...uses].sort((a, b) => a.at - b.at));
const causes = (uses: LogUse[]) =>
  new Map(told(uses).uses.map(({ eventId, cause }) => [eventId, cause]));

/** Hosts that each load ten keys again as their TTL ends, at times of their own, under the names given. */
function hosts(
  count: number,
  hours: number,
  callerOf: (host: number, at: number) => Partial<LogUse>,
): LogUse[] {
  return Array.from({ length: count }, (_, host) =>
    Array.from({ length: 10 }, (_, key) =>
      Array.from({ length: Math.floor((hours * hourMs) / (ttlMs + 7_000)) }, (_, turn) => {
        const at = host * 311_000 + key * 67_000 + turn * (ttlMs + 7_000);
        return use(at, {
          context: contextOf(key),
          eventId: `h${host}-${key}-${turn}`,
          ...callerOf(host, at),
        });
      }),
    ),
  ).flat(2);
}

describe('who is one process', () => {
  test('one cache that goes out by several addresses in turn is one, though it hides its TTL', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      const uses: LogUse[] = [];
      for (let key = 0; key < 25; key++)
        for (let at = random() * hourMs; at < 48 * hourMs; ) {
          const sourceIp = `10.0.0.${Math.floor(random() * 3)}`;
          uses.push(use(at, { eventId: `${key}-${at}`, context: contextOf(key), sourceIp }));
          // Most are pushed out before their TTL of 80 min.
          at +=
            minuteMs *
            (random() < 0.6 ? 30 + 50 * random() ** 0.6 : 80 - 20 * Math.log(1 - random()));
        }
      expect(told(uses).findings, `seed ${seed}`).toMatchObject([{ processes: 1 }]);
    }
  });

  const cases: [what: string, by: string, callerOf: Parameters<typeof hosts>[2]][] = [
    [
      'hosts behind one address, by session',
      'session',
      (host) => ({ session: `s${host}`, sourceIp: '10.0.0.1' }),
    ],
    [
      'hosts under one session’s name, by address',
      'address',
      (host) => ({ session: 'app', sourceIp: `10.0.0.${host}` }),
    ],
    [
      'a host that renews its credentials under new names, by address',
      'address',
      (host, at) => ({
        session: `s${host}-${Math.floor((at + host * 900_000) / hourMs)}`,
        sourceIp: `10.0.0.${host}`,
      }),
    ],
    [
      'a session that leaves by any of several addresses, by session',
      'session',
      (host, at) => ({ session: `s${host}`, sourceIp: `10.0.0.${Math.floor(at / 9_000) % 3}` }),
    ],
  ];
  test.for(cases)('%s', ([, , callerOf]) => {
    const { uses, findings } = told(hosts(4, 9, callerOf));
    expect(findings).toMatchObject([{ processes: 4, ttl: { ms: ttlMs } }]);
    const again = uses.filter(({ eventId }) => !eventId.endsWith('-0'));
    expect(new Set(again.map(({ cause }) => cause))).toEqual(new Set(['load.expired']));
  });

  test('a new session is no new process where leases run on, and one where all is loaded anew', () => {
    const renewed = hosts(2, 9, (host, at) => ({
      session: `s${host}-${at > 4 * hourMs}`,
      sourceIp: `10.0.0.${host}`,
    }));
    expect(causes(renewed).get('h0-3-14')).toBe('load.expired');
    const at = 4 * hourMs + 3 * minuteMs;
    const anew = hosts(2, 9, (host) => ({ session: `s${host}`, sourceIp: `10.0.0.${host}` }))
      .filter((one) => one.session !== 's0' || one.at < start + at)
      .concat(
        Array.from({ length: 10 }, (_, key) =>
          use(at + key * 2_000, {
            context: contextOf(key),
            eventId: `n${key}`,
            session: 's0-next',
            sourceIp: '10.0.0.0',
          }),
        ),
      );
    expect(causes(anew).get('n3')).toBe('load.first.cold-start');
  });

  test('where no wait tells renewed names from new processes, what an earlier one held is a guess', () => {
    // Names change every hour, in which two of twenty keys are asked for.
    const random = seededRandom(5);
    const uses = Array.from({ length: 120 }, (_, hour) => {
      const from = (hour + 0.8 * random()) * hourMs;
      return [from, from + 10 * minuteMs].map((at, no) =>
        use(at, {
          context: contextOf(Math.floor(random() * 20)),
          session: `s${hour}`,
          sourceIp: '10.0.0.1',
          eventId: `r${hour}-${no}`,
        }),
      );
    }).flat();
    const again = told(uses).uses.filter(({ cause }, no) => no >= 120 && cause.startsWith('load.'));
    expect(again.filter(({ confidence }) => confidence >= 0.5)).toEqual([]);
  });

  test('a caller of many addresses, each seen once for the one context, shows no process: all is a guess', () => {
    const random = seededRandom(7);
    let at = 0;
    const uses = Array.from({ length: 300 }, (_, no) => {
      at -= Math.log(1 - random()) * 8 * minuteMs;
      const sourceIp = `10.0.${Math.floor(random() * 4)}.${Math.floor(random() * 200)}`;
      const operation = no === 20 ? 'Encrypt' : 'Decrypt';
      return use(at, { operation, session: null, sourceIp, eventId: `o${no}` });
    });
    const loads = told(uses).uses.filter(({ cause }) => cause.startsWith('load.'));
    expect(loads.filter(({ confidence }) => confidence >= 0.5)).toEqual([]);
  });
});

describe('what was refused', () => {
  const steady = () => hosts(1, 9, () => ({}));

  test('throttled requests, and their retries in the next moments, are told as that; the lease goes on', () => {
    const at = 5 * hourMs + 11 * minuteMs;
    const storm = Array.from({ length: 12 }, (_, no) =>
      use(at + no * 1_000, {
        context: contextOf(3),
        errorCode: 'ThrottlingException',
        eventId: `r${no}`,
      }),
    );
    const by = causes([...steady(), ...storm]);
    expect(by.get('r0')).toBe('throttled');
    expect(storm.slice(1).every(({ eventId }) => by.get(eventId) === 'retry')).toBe(true);
    expect(by.get('h0-3-16')).toBe('load.expired');
  });

  test('the first load after a denial is told as that, and the denial itself, whose context is not logged', () => {
    const at = 5 * hourMs + 11 * minuteMs;
    const denied = use(at, { context: null, errorCode: 'AccessDenied', eventId: 'no' });
    const by = causes([
      ...steady(),
      denied,
      use(at + minuteMs, { context: contextOf(4), eventId: 'back' }),
    ]);
    expect(by.get('no')).toBe('denied');
    expect(by.get('back')).toBe('load.after-denial');
  });

  test('who is refused one thing and granted others in turn is not cut off: leases end as ever', () => {
    const refused = Array.from({ length: 270 }, (_, no) =>
      use(no * 2 * minuteMs, { context: null, errorCode: 'AccessDenied', eventId: `no${no}` }),
    );
    const again = told([...steady(), ...refused]).uses.filter(({ eventId }) =>
      /^h0-\d-[1-9]/.test(eventId),
    );
    expect(new Set(again.map(({ cause }) => cause))).toEqual(new Set(['load.expired']));
  });
});

describe('what repeats', () => {
  const runs = (everyMs: number, session: (run: number) => string) =>
    Array.from({ length: 8 }, (_, run) =>
      Array.from({ length: 20 }, (_, no) =>
        use(run * everyMs + no * 3_000 + ((run * 7) % 5) * 1_000, {
          context: [['part', `p${no}`]],
          session: session(run),
          sourceIp: `10.1.0.${session(run).length + run}`,
          eventId: `j${run}-${no}`,
        }),
      ),
    ).flat();

  test('a process that begins anew at a steady pace is a job', () => {
    expect(new Set(causes(runs(6 * hourMs, (run) => `job-${run}`)).values())).toEqual(
      new Set(['job']),
    );
  });

  test('a pattern is as sure as it was seen often: by its runs or keys, not by their requests', () => {
    const jobs = (count: number) =>
      told(
        runs(6 * hourMs, (run) => `job-${run}`).filter(({ at }) => at < start + count * 6 * hourMs),
      ).uses.map(({ confidence }) => confidence);
    expect(Math.max(...jobs(4))).toBeLessThan(0.84);
    expect(Math.min(...jobs(8))).toBeGreaterThan(0.88);
    // Keys made an hour apart, and read all the time: that each replaced the one before is little seen.
    const turns = Array.from({ length: 5 }, (_, key) => [
      use(key * (hourMs + key * 1_000), {
        operation: 'GenerateDataKey',
        context: [['key', `k${key}`]],
        eventId: `made-${key}`,
      }),
      ...Array.from({ length: 20 }, (__, no) =>
        use(key * hourMs + no * 170_000 + 60_000, {
          context: [['key', `k${key}`]],
          session: 'reader',
          eventId: `read-${key}-${no}`,
        }),
      ),
    ]).flat();
    const last = told(turns).uses.find(({ eventId }) => eventId === 'made-4');
    expect(last?.cause).toBe('dek.rotation');
    expect(last?.confidence).toBeLessThan(0.84);
  });

  test('one that asks for the same again is none: leases that end come at a pace as well', () => {
    const same = runs(hourMs, () => 'engine').map((one) => ({ ...one, sourceIp: '10.1.0.1' }));
    expect([...causes(same).values()]).not.toContain('job');
  });

  test('an Encrypt alone at a steady pace is a probe, with a context or without', () => {
    const pings = Array.from({ length: 40 }, (_, no) =>
      use(no * minuteMs, { operation: 'Encrypt', context: [['check', 'up']], eventId: `p${no}` }),
    );
    expect(new Set(causes(pings).values())).toEqual(new Set(['probe']));
  });
});

describe('how sure it is', () => {
  test('a TTL that three re-asks show is told, and what hangs on it as a guess', () => {
    const uses = [0, 60.1, 120.6, 181.6].map((minutes, no) =>
      use(minutes * minuteMs, { eventId: `g${no}` }),
    );
    const { uses: all, findings } = told(uses);
    expect(findings).toMatchObject([{ ttl: { ms: hourMs } }]);
    expect(all[2]).toMatchObject({ cause: 'load.expired' });
    expect(all[2]?.confidence).toBeLessThan(0.5);
    const [sentence] = findingSentences(findings, facts);
    expect(sentence?.text).toContain('after its last load at the earliest (seen 3 times only) by');
  });

  test('what a clock that was set has moved is a guess, before and after it is told as ever', () => {
    const random = seededRandom(11);
    const setBack = (at: number) => (at >= 5 * hourMs && at < 6 * hourMs ? at - hourMs / 2 : at);
    const uses: LogUse[] = [];
    for (let lane = 0; lane < 60; lane++)
      for (let at = random() * ttlMs; at < 12 * hourMs; at += ttlMs - Math.log(random()) * 300_000)
        uses.push(
          use(setBack(Math.floor(at / 1_000) * 1_000), {
            context: contextOf(lane % 20),
            session: `s${lane % 3}`,
            eventId: `c${uses.length}`,
          }),
        );
    const { uses: all, findings } = told(uses);
    expect(findings).toMatchObject([{ ttl: { ms: ttlMs } }]);
    const sure = (from: number, to: number) =>
      all.filter(
        ({ at, confidence }) =>
          at >= start + from * hourMs && at < start + to * hourMs && confidence >= 0.5,
      ).length;
    expect(sure(4.6, 5)).toBeLessThan(5);
    expect(sure(2, 3)).toBeGreaterThan(100);
    expect(sure(9, 10)).toBeGreaterThan(100);
  });

  test('cohorts that come back as one, with silence in between, are as sure as any', () => {
    const uses = Array.from({ length: 8 }, (_, round) =>
      Array.from({ length: 300 }, (_, key) =>
        use(round * (hourMs + 20_000) + key * 1_000, {
          context: contextOf(key),
          eventId: `c${round}-${key}`,
        }),
      ),
    ).flat();
    const again = told(uses).uses.filter(({ cause }) => cause === 'load.expired');
    expect(again).toHaveLength(7 * 300);
    expect(again.filter(({ confidence }) => confidence < 0.9)).toEqual([]);
  });

  test('under our own names too a TTL that does not show is unknown, and what hangs on it', () => {
    const uses = [0, 70, 150].map((minutes, no) =>
      use(minutes * minuteMs, { eventId: `o${no}`, context: [['keytide:dek', 'd'.repeat(32)]] }),
    );
    const { uses: all, findings } = told(uses);
    expect(findings).toMatchObject([{ ttl: null }]);
    expect(all.map(({ cause }) => cause)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('copies that do not name their key are the one key’s, where there is but one', () => {
    const uses = hosts(2, 9, (host) => ({ session: `s${host}` })).map((one, no) =>
      no % 3 === 0 ? { ...one, key: null } : one,
    );
    expect(told(uses).findings).toMatchObject([{ ttl: { ms: ttlMs }, uses: uses.length }]);
  });

  test('a few requests at a pace are a guess and many are told', () => {
    const bare = (n: number) =>
      inferCauses([...new Array(n).keys()].map((no) => logUse(start + no * minuteMs)));
    const few = bare(8);
    expect(few.uses.map(({ cause, confidence }) => [cause, confidence < 0.5])).toEqual(
      new Array(8).fill(['probe', true]),
    );
    expect(findingSentences(few.findings, facts).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^8 requests of .* it may be a health check, but these are too few/),
    ]);
    const many = bare(60);
    expect(many.uses.every(({ cause, confidence }) => cause === 'probe' && confidence > 0.95)).toBe(
      true,
    );
  });

  test('caches filled at a pace are no check, nor is what may have contexts that an export leaves out', () => {
    const filled = [0, 1, 2, 3].flatMap((hour) =>
      [...new Array(40).keys()].map((key) => logUse(start + hour * hourMs + key * 41_000)),
    );
    const checked = [...new Array(160).keys()].map((no) => logUse(start + no * 41_000));
    const leftOut = checked.map((one): LogUse => ({ ...one, context: [] }));
    const causesOf = (uses: LogUse[]) => [...new Set(told(uses).uses.map(({ cause }) => cause))];
    expect([filled, leftOut, checked].map(causesOf)).toEqual([['unknown'], ['unknown'], ['probe']]);
  });

  test('what was seen a few times is less sure than what was seen often, but for what the log itself says', () => {
    const made = (n: number) =>
      told(
        [...new Array(n).keys()].map((no) =>
          use(no * 100, { eventId: `g${no}`, operation: 'GenerateDataKey' }),
        ),
      ).uses.map(({ confidence }) => confidence);
    expect(Math.max(...made(4))).toBeLessThan(0.84);
    expect(Math.min(...made(80))).toBeGreaterThan(0.97);
    const [refused] = told([use(0, { errorCode: 'AccessDenied' })]).uses;
    expect(refused?.confidence).toBeGreaterThan(0.97);
  });
});

test('what holds of two keys alike is said once', () => {
  const keys = ['eu-central-1', 'us-east-1'].flatMap((region) =>
    Array.from({ length: 60 }, (_, no) =>
      use(no * 61_000 + ((no * 7_919) % 50_000), {
        key: `arn:aws:kms:${region}:200000000001:key/11111111-2222-3333-4444-555555555555`,
        context: [['tenant', `t${(no * 7) % 5}`]],
        eventId: `${region}-${no}`,
      }),
    ),
  );
  const { findings } = told(keys);
  expect(findings).toHaveLength(2);
  const texts = findingSentences(findings, facts).map(({ text }) => text);
  expect(texts).toHaveLength(1);
});

test('a context that the export leaves out is not told from there being none, by who asks', () => {
  const uses = [null, []].flatMap((context, kind) =>
    [0, 7, 50].map((minutes) =>
      use(minutes * minuteMs, { eventId: `x${kind}-${minutes}`, context }),
    ),
  );
  const { findings } = told(uses);
  expect(findings.map(({ identity }) => identity).sort()).toEqual(['left-out', 'none']);
  const sentences = findingSentences(findings, facts);
  // A list by caller and key holds both kinds.
  expect(sentences.flatMap(({ links }) => links)).toEqual([]);
  expect(findingSentences(findings.slice(1), facts)[0]?.links).toHaveLength(1);
  expect(sentences.map(({ text }) => text).sort()).toEqual([
    expect.stringContaining('carry no encryption context'),
    expect.stringMatching(/^This export leaves out .* “requestParameters”, or as JSON\.$/),
  ]);
});
