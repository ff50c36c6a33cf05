/** The conformance suite: the memory directory passes, and for each guarantee there is a broken one that fails it. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { directoryGuarantees, type MakeDirectory } from '../src/directories/conformance.ts';
import { type DekDirectory, memoryDirectory } from '../src/index.ts';

describe('the directory in memory', () => {
  const directory = memoryDirectory();
  for (const { title, run } of directoryGuarantees) test(title, () => run(() => directory));
});

/** A correct directory, except for the given parts. */
interface Parts {
  nameOf?: (workspace: string) => string;
  isSame?: (current: Uint8Array, previous: Uint8Array) => boolean;
  copyIn?: (header: Uint8Array) => Uint8Array;
  copyOut?: (header: Uint8Array) => Uint8Array;
  none?: unknown;
  /** Whether `replace` reads and writes atomically. */
  atomic?: (previous: Uint8Array | undefined) => boolean;
  keepsUnseen?: boolean;
  takesLost?: boolean;
  /** What `replace` answers if it lost the race. */
  loserGets?: (current: Uint8Array, next: Uint8Array) => Uint8Array;
}

function almostRight(parts: Parts, headers = new Map<string, Uint8Array>()): DekDirectory {
  const { nameOf = (name) => name, keepsUnseen = true, takesLost = true } = parts;
  const { isSame = (a, b) => Buffer.compare(a, b) === 0, loserGets = (current) => current } = parts;
  const { copyIn = Buffer.from, copyOut = Buffer.from, atomic = () => true } = parts;
  const current = (workspace: string) => {
    const header = headers.get(nameOf(workspace));
    return header === undefined ? undefined : copyOut(header);
  };
  return {
    // A host without types may return anything.
    current: async (workspace) => current(workspace) ?? (parts.none as undefined),
    replace: async (workspace, previous, next) => {
      const found = headers.get(nameOf(workspace));
      if (!atomic(previous)) await setImmediate();
      const seen = previous === undefined ? !keepsUnseen : found && isSame(found, previous);
      if (found !== undefined && !seen) return copyOut(loserGets(found, next));
      if (found === undefined && previous !== undefined && !takesLost)
        throw new Error('that header is not here');
      headers.set(nameOf(workspace), copyIn(next));
      return copyOut(next);
    },
  };
}

async function violatedBy(make: MakeDirectory): Promise<string[]> {
  const violated: string[] = [];
  for (const { title, run } of directoryGuarantees)
    await run(make).catch(() => violated.push(title));
  return violated;
}

const sharedBy = (parts: Parts): MakeDirectory => {
  const directory = almostRight(parts);
  return () => directory;
};
const text = (header: Uint8Array) => Buffer.from(Buffer.from(header).toString('utf8'));

describe('the suite', () => {
  test('finds nothing where nothing is wrong', async () => {
    expect(await violatedBy(sharedBy({}))).toEqual([]);
    const headers = new Map<string, Uint8Array>();
    expect(await violatedBy(() => almostRight({}, headers))).toEqual([]);
  });

  const faults: [fault: string, make: MakeDirectory, guarantee: RegExp][] = [
    ['answers null for none', sharedBy({ none: null }), /has none$/],
    ['is another one for each client', () => memoryDirectory(), /for every client$/],
    [
      'compares objects',
      sharedBy({ copyIn: (header) => header, isSame: Object.is }),
      /in whatever object$/,
    ],
    ['gives way to who saw none', sharedBy({ keepsUnseen: false }), /^who saw none/],
    [
      'tells the loser that it won',
      sharedBy({ loserGets: (_, next) => next }),
      /^who saw another header/,
    ],
    [
      'compares beginnings',
      sharedBy({ isSame: (a, b) => Buffer.compare(a.subarray(0, 64), b.subarray(0, 64)) === 0 }),
      /^who saw another header/,
    ],
    ['compares lengths', sharedBy({ isSame: (a, b) => a.length === b.length }), /^who saw another/],
    ['refuses who saw a lost one', sharedBy({ takesLost: false }), /made anew/],
    [
      'reads before it writes the first',
      sharedBy({ atomic: (previous) => previous !== undefined }),
      /who make the first header at once/,
    ],
    [
      'reads before it replaces',
      sharedBy({ atomic: (previous) => previous === undefined }),
      /who replace a header at once/,
    ],
    ['keeps what it is given', sharedBy({ copyIn: (header) => header }), /caller’s own/],
    ['hands out what it keeps', sharedBy({ copyOut: (header) => header }), /caller’s own/],
    ['cuts long headers', sharedBy({ copyIn: (one) => one.slice(0, 8192) }), /longest kind/],
    ['keeps text', sharedBy({ copyIn: text }), /every byte of it/],
    ...Object.entries({
      'folds case': (name: string) => name.toLowerCase(),
      'trims names': (name: string) => name.trim(),
      'trims ends': (name: string) => name.trimEnd(),
      'normalizes names': (name: string) => name.normalize('NFC'),
      'folds compatible letters': (name: string) => name.normalize('NFKC'),
      'cuts names': (name: string) => name.slice(0, 255),
      'cuts bytes': (name: string) => Buffer.from(name).subarray(0, 255).toString('latin1'),
      'makes paths of names': (name: string) => name.replaceAll(/[\\/:]/g, '/'),
      'ends names at line breaks': (name: string) => name.split('\n', 1)[0] ?? '',
      'drops quotes': (name: string) => name.replaceAll(/['"]/g, ''),
      'joins spaces': (name: string) => name.replaceAll(/\s+/g, ' '),
      'keeps latin letters only': (name: string) => Buffer.from(name, 'latin1').toString('latin1'),
    }).map(([fault, nameOf]): [string, MakeDirectory, RegExp] => [
      fault,
      sharedBy({ nameOf }),
      /never cross/,
    ]),
  ];

  test.each(faults)('tells one that %s', async (_, make, guarantee) => {
    expect(await violatedBy(make)).toContainEqual(expect.stringMatching(guarantee));
  });

  test('has a directory that violates it for every guarantee', () => {
    for (const { title } of directoryGuarantees)
      expect(faults.filter(([, , guarantee]) => guarantee.test(title))).not.toEqual([]);
  });

  test('says what it expected and what it got, by the first bytes', async () => {
    const [first] = directoryGuarantees;
    await expect(first?.run(sharedBy({ none: null }))).rejects.toThrow(
      'expected undefined, got null',
    );
  });

  test('takes whatever is a DekDirectory', () => {
    const directory: DekDirectory = memoryDirectory();
    const tested: DekDirectory = directory;
    expect(tested).toBe(directory);
  });
});
