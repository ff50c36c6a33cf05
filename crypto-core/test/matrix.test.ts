/**
 * Every state of the cache against every answer of the KMS, on both paths: the result, how it is counted, what the KMS
 * was asked, and which DEKs are in memory afterwards.
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CryptoCoreError, type KekProvider, KmsFault } from '../src/index.ts';
import { coldPeer, type FakeKms, harness, hourMs, minuteMs, outcomes } from './support.ts';

const workspace = 'acme';
const plaintext = Buffer.from('body');

const states = ['absent', 'live', 'refresh', 'expired', 'evicted', 'denied', 'loading'] as const;
type State = (typeof states)[number];
const paths = ['encrypt', 'decrypt'] as const;
type Path = (typeof paths)[number];

const fault =
  (kind: 'denied' | 'wrong-key' | 'outage', reason: string, httpStatus?: number) => () =>
    new KmsFault(kind, reason, { sent: true, httpStatus });

/** The answers of the KMS, and their word in the table. */
const answers = {
  ok: ['yes', undefined],
  denied: ['no', fault('denied', 'AccessDeniedException', 400)],
  disabled: ['no', fault('denied', 'DisabledException', 400)],
  'pending deletion': ['no', fault('denied', 'KMSInvalidStateException', 400)],
  'not found': ['no', fault('denied', 'NotFoundException', 400)],
  throttled: ['away', fault('outage', 'ThrottlingException', 400)],
  '5xx': ['away', fault('outage', 'KMSInternalException', 500)],
  timeout: ['away', fault('outage', 'TimeoutError')],
  reset: ['away', fault('outage', 'ECONNRESET')],
  'wrong plaintext length': ['wrong', undefined],
  "another key's DEK": ['wrong', fault('wrong-key', 'IncorrectKeyException', 400)],
} as const;
type Answer = keyof typeof answers;
type Word = (typeof answers)[Answer][0];

interface Cell {
  /** `ok` or the error's code. */
  gives: string;
  /** The operation's own lookups. */
  counted: string;
  /** Causes of the calls that ended in this cell. */
  causes: string;
  /** Requests that the operation added to those that were running. */
  requests: number;
  /** `D`: the DEK. `new`: a DEK made since. `other`: a DEK of another workspace. */
  cached: string;
}

const cell = (
  gives: string,
  counted: string,
  causes: string,
  requests: number,
  cached: string,
): Cell => ({ gives, counted, causes, requests, cached });

const hit = (causes = '', requests = 0, cached = 'D') =>
  cell('ok', 'hit', causes, requests, cached);
const made = 'dek.first';

const table: Record<State, Record<Path, Record<Word, Cell>>> = {
  absent: {
    encrypt: {
      yes: cell('ok', 'miss', 'load.first', 1, 'D'),
      no: cell('denied', 'miss', 'load.first', 1, ''),
      away: cell('unavailable', 'miss', 'load.first', 1, ''),
      wrong: cell('ok', 'miss miss', `load.first ${made}`, 2, 'new'),
    },
    decrypt: {
      yes: cell('ok', 'miss', 'load.first', 1, 'D'),
      no: cell('denied', 'miss', 'load.first', 1, ''),
      away: cell('unavailable', 'miss', 'load.first', 1, ''),
      wrong: cell('authentication-failed', 'miss', 'load.first', 1, ''),
    },
  },
  live: {
    encrypt: { yes: hit(), no: hit(), away: hit(), wrong: hit() },
    decrypt: { yes: hit(), no: hit(), away: hit(), wrong: hit() },
  },
  refresh: {
    encrypt: {
      yes: hit('refresh.ahead', 1),
      no: hit('refresh.ahead', 1, ''),
      away: hit('refresh.ahead', 1),
      wrong: hit('refresh.ahead', 1, ''),
    },
    decrypt: {
      yes: hit('refresh.ahead', 1),
      no: hit('refresh.ahead', 1, ''),
      away: hit('refresh.ahead', 1),
      wrong: hit('refresh.ahead', 1, ''),
    },
  },
  expired: {
    encrypt: {
      yes: cell('ok', 'miss', 'load.expired', 1, 'D'),
      no: cell('denied', 'miss', 'load.expired', 1, ''),
      away: cell('unavailable', 'miss', 'load.expired', 1, ''),
      wrong: cell('ok', 'miss miss', `load.expired ${made}`, 2, 'new'),
    },
    decrypt: {
      yes: cell('ok', 'miss', 'load.expired', 1, 'D'),
      no: cell('denied', 'miss', 'load.expired', 1, ''),
      away: cell('unavailable', 'miss', 'load.expired', 1, ''),
      wrong: cell('authentication-failed', 'miss', 'load.expired', 1, ''),
    },
  },
  evicted: {
    encrypt: {
      yes: cell('ok', 'miss', 'load.evicted', 1, 'D'),
      no: cell('denied', 'miss', 'load.evicted', 1, 'other'),
      away: cell('unavailable', 'miss', 'load.evicted', 1, 'other'),
      wrong: cell('ok', 'miss miss', `load.evicted ${made}`, 2, 'new'),
    },
    decrypt: {
      yes: cell('ok', 'miss', 'load.evicted', 1, 'D'),
      no: cell('denied', 'miss', 'load.evicted', 1, 'other'),
      away: cell('unavailable', 'miss', 'load.evicted', 1, 'other'),
      wrong: cell('authentication-failed', 'miss', 'load.evicted', 1, 'other'),
    },
  },
  denied: {
    encrypt: all(cell('denied', 'denial', '', 0, '')),
    decrypt: all(cell('denied', 'denial', '', 0, '')),
  },
  loading: {
    encrypt: {
      yes: cell('ok', 'coalesced', 'load.first', 0, 'D'),
      no: cell('denied', 'coalesced', 'load.first', 0, ''),
      away: cell('unavailable', 'coalesced', 'load.first', 0, ''),
      wrong: cell('ok', 'miss', `load.first ${made}`, 1, 'new'),
    },
    decrypt: {
      yes: cell('ok', 'coalesced', 'load.first', 0, 'D'),
      no: cell('denied', 'coalesced', 'load.first', 0, ''),
      away: cell('unavailable', 'coalesced', 'load.first', 0, ''),
      wrong: cell('authentication-failed', 'coalesced', 'load.first', 0, ''),
    },
  },
};

function all(one: Cell): Record<Word, Cell> {
  return { yes: one, no: one, away: one, wrong: one };
}

/** A KMS whose answer about the workspace's DEK can be set, and delayed. */
function answering(kms: FakeKms) {
  const control = { answer: 'ok' as Answer, held: undefined as Promise<void> | undefined };
  const follow = (operation: 'Encrypt' | 'Decrypt') => {
    const [word, made] = answers[control.answer];
    if (made !== undefined && (word !== 'wrong' || operation === 'Decrypt')) throw made();
  };
  const provider: KekProvider = {
    name: 'answering',
    wrap: async (bytes, request) => {
      const wrapped = await kms.wrap(bytes, request);
      follow('Encrypt');
      return wrapped;
    },
    unwrap: async (bytes, request) => {
      const answer = await kms.unwrap(bytes, request);
      await control.held;
      follow('Decrypt');
      return control.answer === 'wrong plaintext length' ? { bytes: randomBytes(31) } : answer;
    },
  };
  return { control, provider };
}

const policy = { attemptsMax: 1, capacity: 1, refreshAheadMs: 10 * minuteMs } as const;
const keyFor = (name: string) => `local:key/${name}`;

/** A process whose cache is in the given state for the DEK of `envelope`. */
async function processIn(state: State) {
  const writer = harness({ keyFor });
  const envelope = await writer.engine.encrypt(plaintext, { workspace });
  const other = await writer.engine.encrypt(plaintext, { workspace: 'other' });
  const [dek] = writer.engine.snapshot().deks;
  const { control, provider } = answering(writer.kms);
  const peer = coldPeer(writer, { provider, keyFor, policy });
  const { engine, runtime } = peer;
  const open = () => engine.decrypt(envelope, { workspace });
  let underWay: Promise<unknown> = Promise.resolve();
  let release = () => {};
  if (state !== 'absent' && state !== 'loading') {
    await engine.encrypt(plaintext, { workspace });
  }
  if (state === 'refresh') runtime.advance(hourMs - minuteMs);
  if (state === 'expired' || state === 'denied') runtime.advance(hourMs);
  if (state === 'evicted') await engine.decrypt(other, { workspace: 'other' });
  if (state === 'denied') {
    control.answer = 'denied';
    await open().catch(() => {});
  }
  if (state === 'loading') {
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(control, { held: promise });
    release = resolve;
    underWay = open().catch(() => {});
    await new Promise(setImmediate);
  }
  const finish = async () => {
    await new Promise(setImmediate);
    release();
    await underWay;
    await new Promise(setImmediate);
  };
  return { ...peer, control, envelope, dekId: dek?.id, finish };
}

async function run(state: State, answer: Answer, path: Path): Promise<Cell> {
  const { engine, kms, sink, control, envelope, dekId, finish } = await processIn(state);
  control.answer = answer;
  const before = { seen: kms.seen.length, calls: sink.calls.length, counted: outcomes(engine) };
  const working =
    path === 'encrypt'
      ? engine.encrypt(plaintext, { workspace })
      : engine.decrypt(envelope, { workspace });
  const gives = working.then(
    () => 'ok',
    (error: unknown) => (error instanceof CryptoCoreError ? error.code : String(error)),
  );
  await finish();
  const counted = Object.entries(outcomes(engine)).flatMap(([name, n]) => {
    const more = n - (before.counted[name] ?? 0);
    return Array.from({ length: more }, () => name.replace(`${path} `, ''));
  });
  const cached = engine.snapshot().deks.map((dek) => {
    if (dek.id === dekId) return 'D';
    return dek.workspace === workspace ? 'new' : 'other';
  });
  return {
    gives: await gives,
    counted: counted.join(' '),
    causes: sink.causes.slice(before.calls).join(' '),
    requests: kms.seen.length - before.seen,
    cached: cached.join(' '),
  };
}

const cells = states.flatMap((state) =>
  (Object.keys(answers) as Answer[]).flatMap((answer) =>
    paths.map((path) => ({
      state,
      answer,
      path,
      expected: table[state][path][answers[answer][0]],
    })),
  ),
);

test('the matrix has all its 154 cells', () => {
  const distinct = new Set(cells.map(({ state, answer, path }) => `${state}|${answer}|${path}`));
  expect(distinct.size).toBe(7 * 11 * 2);
  expect(cells.every(({ expected }) => expected !== undefined)).toBe(true);
});

describe.each(cells)('a DEK that is $state, a KMS that answers $answer', (one) => {
  test(`${one.path}s as the table says`, async () => {
    expect(await run(one.state, one.answer, one.path)).toEqual(one.expected);
  });
});
