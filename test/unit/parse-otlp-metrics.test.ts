import { describe, expect, test } from 'vitest';
import { presets } from '../../crypto-core/src/policy.ts';
import { metricsRequest } from '../../crypto-core/src/telemetry/otlp-json.ts';
import { lookupOutcomes, type RollUp, scopes } from '../../crypto-core/src/telemetry/port.ts';
import { telemetryWords } from '../../lib/domain/telemetry-words.ts';
import { parseMetrics } from '../../lib/ingest/parse-otlp.ts';

const at = Date.UTC(2026, 10, 23, 12, 0, 0, 7);
const origin = { process: 'engine-1', boot: 'boot0001' };
const sender = { ...origin, startedAt: Date.UTC(2026, 10, 23, 6), policy: presets.hourly };
const key = 'arn:aws:kms:eu-central-1:200000000001:key/k';

const wire = (body: object): unknown => JSON.parse(JSON.stringify(body));

describe('metrics', () => {
  const minute = at - (at % 60_000);
  const where = { workspace: 'legal', keyUri: key };
  const rollUp: RollUp = {
    seq: 3,
    ...{ completeUntil: minute + 60_000, callsTold: 8, last: false },
    operations: [
      { minute, ...where, scope: 'message', path: 'decrypt', outcome: 'hit', n: 12 },
      {
        minute: minute + 60_000,
        ...where,
        scope: 'outside',
        path: 'encrypt',
        outcome: 'miss',
        n: 1,
      },
    ],
    messages: [{ minute, ...where, n: 5 }],
    deks: [
      { minute, workspace: 'legal', dekId: 'd1', uses: 12, bytes: 4096 },
      { minute, workspace: 'legal', dekId: 'd2', uses: 1, bytes: 0 },
    ],
  };
  const row = { ...origin, seq: 3, workspace: 'legal', key };
  const complete = { workspace: '', key: '', scope: 'telemetry', path: 'complete' };
  const dropped = { spans: 2, rollups: 1 };

  test('counts come back exactly, uses and bytes of a DEK as one row', () => {
    const batch = parseMetrics(wire(metricsRequest(sender, [{ rollUp, dropped }])));
    expect(batch.operations).toEqual(
      expect.arrayContaining([
        { ...row, at: minute, scope: 'message', path: 'message', outcome: 'message', n: 5 },
        { ...row, at: minute, scope: 'message', path: 'decrypt', outcome: 'hit', n: 12 },
        { ...row, at: minute + 60_000, scope: 'outside', path: 'encrypt', outcome: 'miss', n: 1 },
        ...[
          { outcome: 'spans', n: 2 },
          { outcome: 'rollups', n: 1 },
        ].map((drop) => ({
          ...row,
          at: minute,
          workspace: '',
          key: '',
          scope: 'telemetry',
          path: 'dropped',
          ...drop,
        })),
        { ...row, ...complete, at: minute, outcome: 'open', n: 8 },
      ]),
    );
    expect(batch.operations).toHaveLength(6);
    const dek = { ...origin, seq: 3, at: minute, workspace: 'legal' };
    expect(batch.deks).toEqual([
      { ...dek, dek: 'd1', uses: 12, bytes: 4096 },
      { ...dek, dek: 'd2', uses: 1, bytes: 0 },
    ]);
    expect(batch).toMatchObject({ calls: [], attempts: [], rejected: 0 });
  });

  test('the last roll-up of a process says that nothing follows', () => {
    const last = { ...rollUp, last: true };
    const body = metricsRequest(sender, [{ rollUp: last, dropped: { spans: 0, rollups: 0 } }]);
    const { operations } = parseMetrics(wire(body));
    expect(operations.filter(({ path }) => path === 'complete')).toEqual([
      { ...row, ...complete, at: minute, outcome: 'last', n: 8 },
    ]);
  });

  test('metrics of another name are passed over; Keytide’s of another kind are named', () => {
    const body = structuredClone(metricsRequest(sender, [{ rollUp, dropped }]));
    const [group] = body.resourceMetrics;
    const gauge = { dataPoints: [{}, {}, {}] };
    group?.scopeMetrics[0]?.metrics.push(
      { name: 'http.requests', sum: { dataPoints: 'x' } } as never,
      { name: 'keytide.operations', gauge } as never,
      { name: 'keytide.later', histogram: { dataPoints: [{}] } } as never,
    );
    const batch = parseMetrics(wire(body));
    expect(batch).toMatchObject({
      rejected: 4,
      reasons: [
        'keytide.operations is no sum: send it as one',
        "keytide.later is no metric of Keytide's that is known here",
      ],
    });
    expect(batch.operations).toHaveLength(6);
  });

  test('all points of a cumulative sum are counted as rejected', () => {
    const body = structuredClone(metricsRequest(sender, [{ rollUp, dropped }]));
    const metric = body.resourceMetrics[0]?.scopeMetrics[0]?.metrics.find(
      ({ name }) => name === 'keytide.operations',
    );
    Object.assign(metric?.sum ?? {}, { aggregationTemporality: 2 });
    expect(parseMetrics(wire(body)).rejected).toBe(2);
  });

  test.each([
    ['a count that is no number', { asInt: 'many' }, 'asInt is no whole number'],
    ['a negative count', { asInt: '-1' }, 'asInt is no whole number'],
    ['a count past every sum', { asInt: '281474976710657' }, 'asInt is larger than 2^48'],
    ['half a count as text', { asDouble: '1.5' }, 'asInt is no whole number'],
    ['no start', { startTimeUnixNano: undefined }, 'startTimeUnixNano is missing'],
    [
      'a start of 1970',
      { startTimeUnixNano: '0' },
      'startTimeUnixNano is not in the years 2006 to 2099',
    ],
    ['no attributes', { attributes: [] }, 'keytide.rollup.seq is missing'],
  ])(
    'a point with %s is rejected with the reason, and the others go in',
    (_name, change, reason) => {
      const body = structuredClone(metricsRequest(sender, [{ rollUp, dropped }]));
      const metric = body.resourceMetrics[0]?.scopeMetrics[0]?.metrics[0];
      Object.assign(metric?.sum.dataPoints[0] ?? {}, change);
      const batch = parseMetrics(wire(body));
      expect(batch).toMatchObject({ rejected: 1, reasons: [reason] });
      expect(batch.operations).toHaveLength(5);
      expect(batch.deks).toHaveLength(2);
    },
  );

  test.each([null, [], { resourceSpans: [] }, { resourceMetrics: 1 }])(
    'what is no metrics request (%j) is a bad request',
    (body) => {
      expect(() => parseMetrics(body)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    },
  );
});

describe('the vocabulary', () => {
  test('is the engine’s own, word by word', () => {
    expect(telemetryWords.scope).toEqual(scopes);
    expect(telemetryWords.lookupOutcome).toEqual(lookupOutcomes);
  });

  test('is closed: a path that would count lookups as messages is other', () => {
    const body = metricsRequest(sender, [
      {
        rollUp: {
          seq: 1,
          ...{ completeUntil: at - (at % 60_000), callsTold: 0, last: false },
          messages: [],
          deks: [],
          operations: [
            {
              minute: at - (at % 60_000),
              workspace: 'legal',
              keyUri: key,
              scope: 'a:b' as never,
              path: 'message' as never,
              outcome: 'constructor' as never,
              n: 3,
            },
          ],
        },
        dropped: { spans: 0, rollups: 0 },
      },
    ]);
    expect(parseMetrics(wire(body)).operations).toMatchObject([
      { scope: 'other', path: 'other', outcome: 'other', n: 3 },
      { path: 'complete' },
    ]);
  });
});
