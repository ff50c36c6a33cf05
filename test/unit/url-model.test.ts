import { describe, expect, test } from 'vitest';
import { matchShortcut, shortcuts } from '../../components/controls/shortcuts.ts';
import { carry, faultsOf, readUrl } from '../../components/hooks/url-params.ts';
import { attemptKey, findOpen, parseOpen, rowKey } from '../../components/table/row-key.ts';
import type { AttemptView, CallRow, EventView } from '../../lib/shared/dto.ts';
import {
  defaultWindow,
  parseWindowParam,
  relativeTo,
  resolveWindow,
  urlInstant,
  type WindowParam,
  wholeMinutes,
  windowChanges,
  windowRequest,
} from '../../lib/shared/window-param.ts';

const from = Date.UTC(2026, 0, 2, 3, 4);
const between: WindowParam = { kind: 'between', from, to: from + 3_600_000 };

describe('the window in the URL', () => {
  test.each<[string, WindowParam]>([
    ['', defaultWindow],
    ['last=7d', { kind: 'last', last: '7d' }],
    ['last=36h', { kind: 'last', last: '36h' }],
    ['last=&from=', defaultWindow],
    [`from=${from + 59_999}`, { kind: 'since', from }],
    ['to=2026-01-02T04:04Z&last=1h', between],
    ['from=2026-01-02T03:04Z&to=2026-01-02T04:04Z', between],
    ['from=2026-01-02T03:04&to=2026-01-02T05:04%2B01:00', between],
    [`from=${from}&to=${from + 3_600_000}`, between],
    [`from=${from + 1}&to=${from + 3_540_001}`, between],
  ])('reads "%s"', (query, window) => {
    expect(parseWindowParam(new URLSearchParams(query))).toEqual(window);
  });

  test.each([
    ['last=toString', 'last=toString is no span'],
    ['last=0h', 'last=0h is no span'],
    ['from=2026-01-02T05:04Z&to=2026-01-02T04:04Z', 'from must be before to'],
    ['from=yesterday&to=today', 'from=yesterday is no time'],
    ['last=1h&from=2026-01-02T05:04Z', 'named twice'],
    ['last=401d', '400 days'],
  ])(
    'that is none (%s) is said and asked of the API as it stands, never replaced',
    (query, fault) => {
      const window = parseWindowParam(new URLSearchParams(query));
      expect(window).toMatchObject({ kind: 'fault', fault: expect.stringContaining(fault) });
      expect(new URLSearchParams(windowRequest(window)).toString()).toBe(
        new URLSearchParams(query).toString(),
      );
      expect(resolveWindow(window, from)).toContain(fault);
    },
  );

  test('moves to the last whole minute, and is never shorter than one', () => {
    const now = from + 59_999;
    expect(resolveWindow({ kind: 'last', last: '90s' }, now)).toEqual({
      from: from - 120_000,
      to: from,
    });
    expect(resolveWindow({ kind: 'since', from: from - 60_000 }, now)).toEqual({
      from: from - 60_000,
      to: from,
    });
    expect(resolveWindow({ kind: 'since', from }, now)).toContain('is yet to come');
    expect(wholeMinutes({ from: now, to: now })).toEqual({ from, to: from + 60_000 });
  });

  test.each<WindowParam>([
    { kind: 'last', last: '1h' },
    between,
    { kind: 'since', from },
    { kind: 'last', last: '90m' },
  ])('comes back as it was written', (window) => {
    const href = carry('/calls?cause=load.first', { window, filter: {} });
    const read = readUrl(new URLSearchParams(href.split('?')[1]));
    expect(read.window).toEqual(window);
    expect(read.callFilters).toEqual({ cause: 'load.first' });
  });

  test('is written to the minute where it is one, and legibly', () => {
    expect(urlInstant(from)).toBe('2026-01-02T03:04Z');
    expect(urlInstant(from + 5_000)).toBe('2026-01-02T03:04:05Z');
    expect(carry('/', { window: between, filter: {} })).toBe(
      '/?from=2026-01-02T03:04Z&to=2026-01-02T04:04Z',
    );
  });

  test('never overrides the window a link names itself', () => {
    const href = '/calls?from=2026-01-02T03:04Z&to=2026-01-02T03:05Z';
    expect(carry(href, { window: { kind: 'last', last: '7d' }, filter: {} })).toBe(href);
  });

  test('removes the one form when it sets the other', () => {
    expect(windowChanges(between).last).toBeNull();
    expect(windowChanges(defaultWindow)).toEqual({ last: '24h', from: null, to: null });
  });

  test('asks the API in epoch ms, or by the span that moves', () => {
    expect(windowRequest(between)).toEqual({ from: String(from), to: String(from + 3_600_000) });
    expect(windowRequest(defaultWindow)).toEqual({ last: '24h' });
  });

  test('follows the clock again with at least its length', () => {
    expect(relativeTo(between)).toEqual({ kind: 'last', last: '1h' });
    const long: WindowParam = { kind: 'between', from, to: from + 30 * 86_400_000 };
    expect(relativeTo(long)).toEqual({ kind: 'last', last: '7d' });
  });
});

describe('a page’s URL', () => {
  const filter = { workspace: 'legal & co', key: 'arn:aws:kms:eu:1:key/a' };
  const read = (query: string) => readUrl(new URLSearchParams(query));

  test('carries window and filter on to a link, which comes back as it was written', () => {
    const href = carry('/calls?cause=validate', { window: between, filter });
    const there = read(href.split('?')[1] ?? '');
    expect(there.window).toEqual(between);
    expect(there.filter).toEqual(filter);
    expect(there.values.cause).toBe('validate');
  });

  test('never overrides what a link names itself', () => {
    const of = { window: defaultWindow, filter: { workspace: 'legal' } };
    expect(carry('/calls?workspace=sales&last=1h', of)).toBe('/calls?workspace=sales&last=1h');
  });

  test('of blanks asks for nothing', () => {
    expect(read('workspace=%20&key=&process=e').filter).toEqual({ process: 'e' });
  });

  const faults = (query: string, pathname: string) =>
    faultsOf(new URLSearchParams(query), read(query).values, pathname);

  test.each([
    ['/calls', 'show=everything', 'show=everything is not understood'],
    ['/', 'scale=cubic', 'scale=cubic is not understood'],
    ['/calls', 'open=nothing', 'open=nothing is not understood'],
    ['/calls', 'cause=none', 'cause=none is not understood'],
    ['/calls', 'log=none/inferred', 'log=none/inferred is not understood'],
    ['/calls', 'echo=none/2026-01-02T03:04Z', 'echo=none/2026-01-02T03:04Z is not understood'],
    ['/', 'causes=load.first,none', 'causes=load.first,none is not understood'],
    ['/calls', `open=${'x'.repeat(500)}`, `open=${'x'.repeat(55)}… is not understood`],
    ['/', 'last=soon', 'last=soon is no span'],
    ['/', 'from=2026-01-02T05:04Z&to=2026-01-02T04:04Z', 'from must be before to'],
    ['/keys', 'sort=up', 'sort=up means nothing on this page'],
    ['/docs', 'toString', 'toString means nothing on this page'],
    ['/', 'open=a:x', 'open=a:x means nothing on this page'],
    ['/spikes', 'brush=2026-01-02T03:00Z/2026-01-02T04:00Z/0-5', 'means nothing on this page'],
    ['/calls', 'seed=7', 'seed=7 means nothing on this page'],
    ['/', 'key=a&key=b', 'key is given more than once; the first counts'],
  ])('that holds nonsense (%s?%s) is shown without it, and names it', (pathname, query, words) => {
    expect(faults(query, pathname)).toEqual([expect.stringContaining(words)]);
    const { window, values } = read(query);
    expect(window).toEqual(defaultWindow);
    const none = { show: null, scale: null, cause: null, causes: null, log: null, echo: null };
    expect(values).toMatchObject(none);
  });

  test('that holds much nonsense names some of it, and says how much there is', () => {
    const query = Array.from({ length: 900 }, (_, n) => `p${n}=x`).join('&');
    expect(faults(query, '/')).toHaveLength(6);
    expect(faults(query, '/').at(-1)).toContain('895 more');
  });

  test('that is understood has no fault', () => {
    const query = 'last=6h&show=matched&causes=load.first,stranger&tag=&tour=2';
    expect(faults(query, '/calls')).toEqual([]);
    expect(read(query).values.causes).toEqual(['load.first', 'stranger']);
  });
});

const attempt: AttemptView = {
  process: 'web-1',
  boot: 'b1',
  seq: 7,
  attempt: 1,
  at: from,
  sentAt: from,
  durationMs: 9,
  workspace: 'ws',
  key: 'k',
  operation: 'Decrypt',
  cause: 'load.first',
  sent: true,
  outcome: 'ok',
  errorCode: null,
  requestId: 'r',
  spanId: 's',
  joinMethod: null,
  joinConfidence: null,
  state: 'pending',
};
const event: EventView = {
  eventId: 'id@with:signs',
  at: from,
  operation: 'Decrypt',
  key: 'k',
  principal: 'p',
  principalName: 'p',
  session: null,
  requestId: 'r',
  errorCode: null,
  sourceIp: null,
  state: 'matched',
};

describe('the open row in the URL', () => {
  const both: CallRow = { attempt, event };

  test.each<[string, CallRow]>([
    ['an attempt beside its event', both],
    ['an attempt alone', { attempt, event: null }],
    ['an event alone', { attempt: null, event }],
  ])('finds %s again', (_, row) => {
    const open = parseOpen(rowKey(row));
    expect(open && findOpen([row], open)).toBe(row);
  });

  test('finds an attempt whose event has come since', () => {
    const open = parseOpen(rowKey({ attempt, event: null }));
    expect(open).toEqual({ kind: 'attempt', attempt: attemptKey(attempt) });
    expect(open && findOpen([both], open)).toBe(both);
  });

  test('names the event and its instant, so that the record opens without its row', () => {
    expect(parseOpen(rowKey(both))).toEqual({ kind: 'event', eventId: event.eventId, at: from });
  });

  test.each([null, '', 'x:1', 'e:no-instant', 'e:x@123', 'a:'])('is none for %o', (text) => {
    expect(parseOpen(text)).toBeNull();
  });
});

describe('shortcuts', () => {
  test('each is reached by its own keys', () => {
    for (const shortcut of shortcuts) {
      const [first = '', second] = shortcut.keys;
      if (second === undefined) expect(matchShortcut(null, first)).toBe(shortcut);
      else {
        expect(matchShortcut(null, first)).toBe('wait');
        expect(matchShortcut(first, second)).toBe(shortcut);
      }
    }
  });

  test('no two share their keys, and other keys do nothing', () => {
    const keys = shortcuts.map((shortcut) => shortcut.keys.join(' '));
    expect(new Set(keys).size).toBe(keys.length);
    expect(matchShortcut('g', 'x')).toBeNull();
    expect(matchShortcut(null, 'c')).toBeNull();
  });
});
