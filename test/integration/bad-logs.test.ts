/** Every way a log is read against everything that may be wrong with it: named, counted, and the rest goes in. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { failureGaps } from '../../lib/services/intake/log-gaps.ts';
import { pollLog } from '../../lib/services/intake/poll-log.ts';
import type { LogReader } from '../../lib/sources/log-reader.ts';
import type { LogWire, Served, Trouble, Wire } from '../support/log-wire.ts';
import { logWires, span } from '../support/log-wires.ts';
import { sized } from '../support/sized.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const answerMsMax = 1_500;
let open: Wire[] = [];

afterEach(async () => {
  for (const wire of open) await wire.close();
  open = [];
});

async function wireOf(kind: LogWire, served: Served): Promise<Wire> {
  const wire = await kind.open(served);
  open.push(wire);
  return wire;
}

interface Read {
  ids: string[];
  ignored: number;
  rejected: { file: string; reason: string }[];
}

async function readAll({ reader }: Wire): Promise<Read> {
  const read: Read = { ids: [], ignored: 0, rejected: [] };
  for await (const page of reader.read(span)) {
    for (const { eventId } of page.records) read.ids.push(eventId);
    for (const n of Object.values(page.ignored)) read.ignored += n;
    read.rejected.push(...page.rejected);
  }
  return read;
}

const goods = (kind: LogWire, count = 10) =>
  Array.from({ length: count }, (_, number) => kind.record(number + 1));

/** Ten good records with one other in their middle. */
async function withOne(kind: LogWire, other: string): Promise<Read> {
  const texts = goods(kind);
  texts.splice(5, 0, other);
  return readAll(await wireOf(kind, { texts }));
}

const other = (kind: LogWire) => logWires.find(({ provider }) => provider !== kind.provider);

describe.each(logWires.map((kind) => [kind.name, kind] as const))('%s', (_, kind) => {
  test('ten good records are ten', async () => {
    const read = await readAll(await wireOf(kind, { texts: goods(kind) }));
    expect(new Set(read.ids).size).toBe(10);
    expect(read).toMatchObject({ ignored: 0, rejected: [] });
  });

  test('half a record is named, and costs itself alone, or what one document holds behind it', async () => {
    const read = await withOne(kind, kind.half());
    expect(new Set(read.ids).size).toBe(kind.isDocument ? 5 : 10);
    expect(read.rejected).toEqual([
      expect.objectContaining({ file: expect.stringMatching(/./), reason: expect.any(String) }),
    ]);
  });

  test('300 levels of nesting are taken or named, and cost that record at most', async () => {
    const read = await withOne(kind, kind.record(20, { depth: 300 }));
    expect(read.ids.length + read.rejected.length + read.ignored).toBe(11);
    expect(read.ids.length).toBeGreaterThanOrEqual(10);
  });

  test('a record from the future is named', async () => {
    const read = await withOne(kind, kind.record(20, { year: 2098 }));
    expect(read.ids).toHaveLength(10);
    expect(read.rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('more than a year ahead'),
    ]);
  });

  test('a record of another service is counted', async () => {
    const read = await withOne(kind, kind.record(20, { service: true }));
    expect([read.ids.length, read.ignored + read.rejected.length]).toEqual([10, 1]);
  });

  if (kind.name !== 'Cloud Logging')
    test('a record of another cloud is taken as what it is, or counted', async () => {
      const read = await withOne(kind, other(kind)?.record(20) ?? '');
      expect(read.ids.length + read.rejected.length + read.ignored).toBe(11);
    });

  if (kind.provider === 'aws')
    test('a record of another account goes in as that account’s', async () => {
      const read = await withOne(kind, kind.record(20, { account: '300000000009' }));
      expect(read.ids).toHaveLength(11);
    });

  if (kind.isFile) {
    test('a file that breaks off gives what stands before, and is named', async () => {
      const texts = goods(kind, 400);
      const wire = await wireOf(kind, { texts, cutBytes: 60 });
      const read = await readAll(wire);
      expect(new Set(read.ids).size).toBeGreaterThan(200);
      expect(new Set(read.ids).size).toBeLessThan(400);
      expect(read.rejected).toHaveLength(1);
    });

    test('a large file goes in whole', async () => {
      const bytes = sized({ ci: 4_000_000, long: 60_000_000 });
      const each = kind.record(1).length;
      const count = Math.ceil(bytes / each);
      const texts = goods(kind, Math.min(count, 3_000));
      while (texts.length < count) texts.push(...texts.slice(0, count - texts.length));
      const read = await readAll(await wireOf(kind, { texts }));
      expect(read).toMatchObject({ ignored: 0, rejected: [] });
      expect(read.ids).toHaveLength(count);
    }, 240_000);
  }

  if (kind.isApi) {
    // Each of the requests that one reading takes, where it takes so many.
    const places = [0, 1, 2, 3];

    test.each<[string, Trouble]>([
      ['429', { status: 429 }],
      ['500', { status: 500 }],
      ['slowly', 'slow'],
      ['with half a page', 'half'],
      ['with a reset connection', 'reset'],
    ])('an API that answers %s is waited for and asked again', async (_name, trouble) => {
      for (const place of places) {
        const troubles = [...Array(place).fill(null), trouble, trouble];
        const wire = await wireOf(kind, { texts: goods(kind), troubles });
        expect(new Set((await readAll(wire)).ids).size).toBe(10);
      }
    });

    test.each([
      ['unauthorized', 'no-credentials'],
      ['forbidden', 'no-permission'],
      ['not-found', kind.provider === 'azure' ? /^no-(?:place|setting)$/ : 'no-place'],
    ] as const)(
      'an API that refuses as %s is told as %s, with what mends it',
      async (code, gap) => {
        const trouble = kind.refusals?.[code];
        if (trouble === undefined || trouble === null) return;
        const { reader } = await wireOf(kind, { texts: goods(kind), troubles: [trouble] });
        const error = await readAll({ reader, close: async () => {} }).catch((thrown) => thrown);
        expect(error).toMatchObject({ code });
        expect(failureGaps(reader, error)).toEqual([
          {
            code: typeof gap === 'string' ? gap : expect.stringMatching(gap),
            evidence: error.message,
            fix: expect.stringMatching(/\w+ \w+/),
          },
        ]);
      },
    );

    const broken = ['never', 'garbage', 'json'] as const;
    const isHttp = kind.name !== 'Cloud Logging';
    const possible = broken.filter((one) => isHttp || one === 'never');
    test.each(possible)('an API that answers %s is no log without events', async (trouble) => {
      for (const place of trouble === 'never' ? [0] : places) {
        const troubles: Trouble[] = [...Array(place).fill(null), trouble];
        const wire = await wireOf(kind, { texts: goods(kind), troubles, answerMsMax });
        const first = await readAll(wire).catch((error: unknown) => {
          expect(error).toBeInstanceOf(AppError);
          return null;
        });
        // It is said, or named as what it is, or was asked again; and the next reading gives the rest.
        if (first?.rejected.length === 0) expect(new Set(first.ids).size).toBe(10);
        troubles.length = 0;
        const next = await readAll(wire);
        expect(new Set([...(first?.ids ?? []), ...next.ids]).size).toBe(10);
      }
    });
  }
});

describe('in the store', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  beforeEach(() => store.clear());
  afterAll(() => store.close());

  test.each(logWires.map((kind) => [kind.name, kind] as const))(
    'what %s gives again and again counts once',
    async (_, kind) => {
      const texts = Array.from({ length: 100 }, () => goods(kind)).flat();
      const { reader } = await wireOf(kind, { texts, pages: sized({ ci: 2, long: 1_000 }) });
      store.setNow(span.toMs);
      const input = { reader, sourceId: 'one', startMs: span.fromMs + 3_600_000 };
      expect(await pollLog({ ctx: store.ctx, input })).toBe(10);
      const [{ count } = { count: 0 }] = await store.query<{ count: number }>(
        'SELECT count(*)::float8 AS count FROM audit_event',
      );
      expect(count).toBe(10);
    },
    sized({ ci: 60_000, long: 3_600_000 }),
  );

  test.each(logWires.map((kind) => [kind.name, kind] as const))(
    'a crash between reading %s and keeping it loses nothing and doubles nothing',
    async (_, kind) => {
      const { reader } = await wireOf(kind, { texts: goods(kind), pages: 3 });
      store.setNow(span.toMs);
      const poll = (with_: LogReader) => {
        const input = { reader: with_, sourceId: 'one', startMs: span.fromMs + 3_600_000 };
        return pollLog({ ctx: store.ctx, input });
      };
      for (const keptPages of [0, 1])
        await expect(poll(crashing(reader, keptPages))).rejects.toThrow();
      await poll(reader);
      const events = await store.query<{ id: string }>('SELECT event_id AS id FROM audit_event');
      expect(events).toHaveLength(10);
      expect(new Set(events.map(({ id }) => id)).size).toBe(10);
    },
  );
});

/** Reads on only until so many pages are kept; what it had read of the next one is gone. */
const crashing = (reader: LogReader, keptPages: number): LogReader => ({
  ...reader,
  async *read(given) {
    let kept = 0;
    for await (const page of reader.read(given)) {
      if (kept === keptPages) break;
      kept += 1;
      yield page;
    }
    throw new Error('crash');
  },
});
