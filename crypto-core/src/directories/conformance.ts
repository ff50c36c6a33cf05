/**
 * The guarantees that the engine needs of a directory, as checks to run against your own, without any test framework.
 * Each check uses workspaces with new names and leaves their rows behind: give it a table or a server of its own.
 */
import type { DekDirectory, PortOptions } from '../directory.ts';
import { serializeHeader } from '../envelope.ts';
import { systemRuntime } from '../runtime.ts';

/** Makes a client of the directory under test. It is called several times: each party of a race has its own client. */
export type MakeDirectory = () => DekDirectory | Promise<DekDirectory>;

export interface DirectoryGuarantee {
  title: string;
  /** Rejects if the guarantee is violated, and says what was expected and what came. */
  run(make: MakeDirectory): Promise<void>;
}

const contenders = 16;
const rounds = 8;
const workspaceLengthMax = 256;
const options: PortOptions = { signal: new AbortController().signal };

/**
 * All guarantees; each can run alone.
 *
 * @example
 * for (const { title, run } of directoryGuarantees) test(title, () => run(() => myDirectory(pool)));
 */
export const directoryGuarantees: readonly DirectoryGuarantee[] = [
  {
    title: 'a workspace that has no header has none',
    run: async (make) => {
      const directory = await make();
      const header: unknown = await directory.current(newName(), options);
      if (header !== undefined) throw violated('undefined', header);
    },
  },
  {
    title: 'the first header of a workspace is kept, for every client',
    run: async (make) => {
      const [one, other] = [await make(), await make()];
      const [workspace, first] = [newName(), newHeader()];
      same(await one.replace(workspace, undefined, first, options), first);
      same(await one.current(workspace, options), first);
      same(await other.current(workspace, options), first);
    },
  },
  {
    title: 'a header is replaced by who gives the same bytes, in whatever object',
    run: async (make) => {
      const directory = await make();
      const [workspace, first, second] = [newName(), newHeader(), newHeader()];
      await directory.replace(workspace, undefined, first, options);
      const around = Buffer.concat([Buffer.alloc(3, 1), first, Buffer.alloc(3, 1)]);
      const view = new Uint8Array(around.buffer, around.byteOffset + 3, first.length);
      same(await directory.replace(workspace, view, second, options), second);
      same(await directory.current(workspace, options), second);
    },
  },
  {
    title: 'who saw none does not replace a header that is there, and gets it',
    run: async (make) => {
      const directory = await make();
      const [workspace, first] = [newName(), newHeader()];
      await directory.replace(workspace, undefined, first, options);
      same(await directory.replace(workspace, undefined, newHeader(), options), first);
      same(await directory.current(workspace, options), first);
    },
  },
  {
    title: 'who saw another header does not replace the current one, and gets it',
    run: async (make) => {
      const directory = await make();
      const [workspace, first, second] = [newName(), newHeader(), newHeader()];
      await directory.replace(workspace, undefined, first, options);
      await directory.replace(workspace, first, second, options);
      const almost = Buffer.from(second);
      almost[almost.length - 1] = (almost[almost.length - 1] ?? 0) ^ 1;
      const others = [first, almost, second.subarray(0, -1), Buffer.concat([second, second])];
      for (const stale of others) {
        same(await directory.replace(workspace, stale, newHeader(), options), second);
        same(await directory.current(workspace, options), second);
      }
    },
  },
  {
    title: 'a header that was lost is made anew by who saw it',
    run: async (make) => {
      const directory = await make();
      const [workspace, next] = [newName(), newHeader()];
      same(await directory.replace(workspace, newHeader(), next, options), next);
      same(await directory.current(workspace, options), next);
    },
  },
  {
    title: `of ${contenders} who make the first header at once one wins, and all get the winner’s`,
    run: async (make) => {
      const clients = await several(make);
      for (let round = 0; round < rounds; round += 1) await race(clients, newName(), undefined);
    },
  },
  {
    title: `of ${contenders} who replace a header at once one wins, and all get the winner’s`,
    run: async (make) => {
      const clients = await several(make);
      const workspace = newName();
      let current = await race(clients, workspace, undefined);
      for (let round = 0; round < rounds; round += 1)
        current = await race(clients, workspace, current);
    },
  },
  {
    title: 'workspaces never cross, whatever their names hold',
    run: async (make) => {
      const directory = await make();
      const names = hostileNames(newName());
      const headers = new Map(names.map((name) => [name, newHeader()]));
      for (const [name, header] of headers) {
        const before = await directory.current(name, options);
        if (before !== undefined) throw violated(`no header of ${JSON.stringify(name)}`, before);
        same(await directory.replace(name, undefined, header, options), header);
      }
      for (const [name, header] of headers) same(await directory.current(name, options), header);
    },
  },
  {
    title: 'bytes given and bytes got are the caller’s own: changing them changes nothing',
    run: async (make) => {
      const directory = await make();
      const [workspace, first] = [newName(), newHeader()];
      const given = Buffer.from(first);
      const got = [await directory.replace(workspace, undefined, given, options)];
      got.push(await directory.replace(workspace, undefined, newHeader(), options));
      for (let time = 0; time < 2; time += 1) {
        const header = await directory.current(workspace, options);
        if (header !== undefined) got.push(header);
      }
      for (const bytes of [given, ...got]) bytes.fill(0);
      same(await directory.current(workspace, options), first);
    },
  },
  {
    title: 'a header of the longest kind that the format has is kept, every byte of it',
    run: async (make) => {
      const directory = await make();
      const [workspace, longest] = [newName(), newHeader({ keyUriBytes: 2048, edekBytes: 8192 })];
      // Every value of a byte: a directory that stores text may change some.
      for (let value = 0; value < 256; value += 1) longest[longest.length - 1 - value] = value;
      same(await directory.replace(workspace, undefined, longest, options), longest);
      same(await directory.current(workspace, options), longest);
      const next = newHeader({ keyUriBytes: 2048, edekBytes: 8192 });
      same(await directory.replace(workspace, longest, next, options), next);
    },
  },
];

async function several(make: MakeDirectory): Promise<DekDirectory[]> {
  const clients: DekDirectory[] = [];
  for (let no = 0; no < contenders; no += 1) clients.push(await make());
  return clients;
}

/** All replace the header that all saw; resolves to the winner's header. */
async function race(
  clients: readonly DekDirectory[],
  workspace: string,
  previous: Uint8Array | undefined,
): Promise<Uint8Array> {
  const offers = clients.map(() => newHeader());
  const got = await Promise.all(
    clients.map((client, no) =>
      client.replace(workspace, previous, Buffer.from(offers[no] ?? []), options),
    ),
  );
  const [first] = got;
  if (first === undefined || !offers.some((offer) => isSame(first, offer)))
    throw violated('the header of one of those who raced', first);
  for (const other of got) same(other, first);
  for (const client of clients) same(await client.current(workspace, options), first);
  return first;
}

/** Names that a separator, a pattern, a collation, a length limit or an object's own property may confuse. */
function hostileNames(base: string): string[] {
  const tails = ['', ' ', '  ', 'a', 'A', 'a b', 'a:b', 'a/b', 'a|b', 'a,b', 'a\tb', 'a\nb', 'a.b'];
  tails.push(
    "a'b",
    'a"b',
    'a\\b',
    "';--",
    '%',
    '_',
    '*',
    '$1',
    '?',
    '0',
    '00',
    'null',
    'undefined',
  );
  tails.push(
    'é',
    'e\u0301',
    'ß',
    'ss',
    'ı',
    'i',
    'İ',
    'I',
    'ﬁ',
    'fi',
    '\u200b',
    '\u00a0',
    '漢',
    '🔑',
  );
  const long = (last: string) => {
    const filled = base + '漢'.repeat(workspaceLengthMax);
    return filled.slice(0, workspaceLengthMax - last.length) + last;
  };
  const heads = [` ${base}`, base.toUpperCase(), `a${base}`];
  const names = [...tails.map((tail) => base + tail), ...heads, long('x'), long('y'), long('')];
  return [...names, long('').slice(0, -1), `__proto__${base}`];
}

/** A name that nobody has used before. */
function newName(): string {
  const bytes = Buffer.alloc(12);
  systemRuntime.fill(bytes);
  return `conformance-${bytes.toString('hex')}`;
}

/** A well-formed header with random parts. */
function newHeader({ keyUriBytes = 75, edekBytes = 184 } = {}): Buffer {
  const random = (length: number) => {
    const bytes = Buffer.alloc(length);
    systemRuntime.fill(bytes);
    return bytes;
  };
  const keyUri = 'arn:aws:kms:eu-central-1:111122223333:key/'.padEnd(keyUriBytes, 'k');
  const header = { dekId: random(16), commitment: random(32), keyUri, edek: random(edekBytes) };
  return serializeHeader(header);
}

function same(got: unknown, expected: Uint8Array): void {
  if (!(got instanceof Uint8Array) || !isSame(got, expected)) throw violated(expected, got);
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

function violated(expected: string | Uint8Array, got: unknown): Error {
  return new Error(`expected ${shown(expected)}, got ${shown(got)}`);
}

const shownBytesMax = 24;

function shown(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value);
  const hex = Buffer.from(value.subarray(0, shownBytesMax)).toString('hex');
  return `${value.length} bytes ${hex}${value.length > shownBytesMax ? '…' : ''}`;
}
