/**
 * Which uses of a stream one process made. One session may be one process, many processes, or one process's credentials
 * before they were renewed; an address likewise. The partition is chosen under which waits for one context best start
 * at a common lower edge. Too coarse a partition mixes caches and fills the space below the edge; too fine a one loses
 * waits.
 */
import type { LogUse } from '../../domain/log-use.ts';
import { lowerEdge } from './lower-edge.ts';
import { Numbers } from './numbers.ts';
import { roleOf } from './roles.ts';

export interface Processes {
  /** For each use, the number of the process that made it. */
  processes: Int32Array;
  processNames: string[];
  /** What tells processes apart. */
  processBy: ProcessBy;
}

export type ProcessBy = 'session' | 'address' | 'successive sessions';

/** One wait below the edge speaks against a partition as much as this many above speak for it. */
const belowWeight = 1;
/** Waits across two caches that are taken for one can have any length. */
const farWeight = 0.5;
/** To replace the plainest partition, another must be clearly better. */
const betterMin = 1.01;
/** Evidence from so small a share of the loads is little. */
const bearsOutMin = 0.2;
/** At least so many sessions in succession are one process that renews its credentials. */
const chainedMin = 4;
/** Each of them is in use for this share of its time. */
const livedMin = 0.3;

export function processesOf(uses: readonly LogUse[], contexts: Int32Array): Processes {
  const sessionOf = (use: LogUse) => use.session ?? use.principal;
  const bySession = numbered(uses, sessionOf);
  const addresses = new Set(uses.map(({ sourceIp }) => sourceIp)).size;
  const plain: Processes = { ...bySession, processBy: 'session' };
  if (addresses <= 1 && bySession.processNames.length <= 1) return plain;
  const byAddress: Processes = {
    ...numbered(uses, (use) => use.sourceIp ?? sessionOf(use)),
    processBy: 'address',
  };
  // Without contexts no wait tells. Where nobody has a session, as in other clouds, addresses tell callers apart.
  if (bySession.processNames.length <= 1 && contexts.every((context) => context === -1))
    return byAddress;
  const candidates: Processes[] = [
    plain,
    byAddress,
    { ...succeeding(uses, bySession), processBy: 'successive sessions' },
  ];
  const apart = cachesApart(uses, contexts, { plain, byAddress });
  const basis = apart === true ? byAddress : plain;
  let best = { of: basis, score: scoreOf(uses, contexts, basis) };
  for (const of of candidates.filter((one) => one !== basis)) {
    if (of === byAddress && apart === false) continue;
    const score = scoreOf(uses, contexts, of);
    if (score > Math.max(0, best.score) * betterMin) best = { of, score };
  }
  const loads = uses.filter(({ operation }) => roleOf(operation) === 'load').length;
  if (best.score > bearsOutMin * loads) return best.of;
  // Where no wait tells, names that follow one another throughout are renewed credentials.
  const [chained = plain] = candidates.slice(-1);
  const renewed = plain.processNames.length >= chainedMin * chained.processNames.length;
  return renewed && livedMs(uses, plain) > livedMin * livedMs(uses, chained) ? chained : best.of;
}

/** At least so many standard deviations tell caches of one session apart; of so many waits of each kind they would. */
const apartScoreMin = 4;
const tellingMin = 100;
const alikeScoreMax = 1.5;

/**
 * Whether the addresses of each session are caches of their own: one asks again for what another has just loaded, but
 * not for what it has loaded itself. Addresses that one cache goes out by in turn differ in nothing. Null where too
 * little tells.
 */
function cachesApart(
  uses: readonly LogUse[],
  contexts: Int32Array,
  { plain, byAddress }: { plain: Processes; byAddress: Processes },
): boolean | null {
  if (byAddress.processNames.length <= plain.processNames.length) return null;
  const last = new Map<number, number>();
  const waits: { ms: number; own: boolean }[] = [];
  const sessionOf = new Map<number, number>();
  for (const [index, { at, operation, errorCode }] of uses.entries()) {
    const [address, session] = [byAddress.processes[index] ?? 0, plain.processes[index] ?? 0];
    if ((sessionOf.get(address) ?? session) !== session) return null;
    sessionOf.set(address, session);
    const context = contexts[index] ?? -1;
    if (context === -1 || errorCode !== null || roleOf(operation) === 'other') continue;
    const before = last.get(context) ?? -1;
    last.set(context, index);
    if (before === -1 || (plain.processes[before] ?? 0) !== session) continue;
    waits.push({
      ms: at - (uses[before]?.at ?? at),
      own: (byAddress.processes[before] ?? 0) === address,
    });
  }
  const score = longerBy(waits);
  if (score >= apartScoreMin) return true;
  const own = waits.filter((wait) => wait.own).length;
  const tells = Math.min(own, waits.length - own) >= tellingMin;
  return tells && Math.abs(score) <= alikeScoreMax ? false : null;
}

/** By how many standard deviations one's own waits rank above the others (Mann and Whitney). */
function longerBy(waits: { ms: number; own: boolean }[]): number {
  const sorted = waits.sort((a, b) => a.ms - b.ms || Number(b.own) - Number(a.own));
  let [own, others, above] = [0, 0, 0];
  for (const wait of sorted)
    if (wait.own) {
      own += 1;
      above += others;
    } else others += 1;
  const deviation = Math.sqrt((own * others * (own + others + 1)) / 12);
  return deviation === 0 ? 0 : (above - (own * others) / 2) / deviation;
}

/** How long processes are seen for, in sum. */
function livedMs(uses: readonly LogUse[], { processes, processNames }: Processes): number {
  const spans = processNames.map(() => ({ from: -1, to: -1 }));
  for (const [index, { at }] of uses.entries()) {
    const span = spans[processes[index] ?? 0];
    if (span === undefined) continue;
    if (span.from === -1) span.from = at;
    span.to = at;
  }
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

function numbered(
  uses: readonly LogUse[],
  nameOf: (use: LogUse) => string,
): { processes: Int32Array; processNames: string[] } {
  const numbers = new Numbers();
  const processes = Int32Array.from(uses, (use) => numbers.of(nameOf(use)));
  return { processes, processNames: numbers.names };
}

/** How many waits lie above an edge, those near it first, less those below it; for loads and for makings. */
function scoreOf(uses: readonly LogUse[], contexts: Int32Array, of: Processes): number {
  return (['load', 'making', 'first load'] as const).reduce((sum, kind) => {
    const waits = waitsOf(uses, contexts, { processes: of.processes, kind });
    const edge = lowerEdge(waits);
    if (edge === null) return sum;
    const far = waits.filter((wait) => wait >= 2 * edge.ms).length;
    return sum + edge.waits - farWeight * far - belowWeight * (waits.length - edge.waits);
  }, 0);
}

type WaitKind = 'load' | 'making' | 'first load';

/** Waits between loads, or makings, for one context by one process, or from its making to its first load; ms. */
function waitsOf(
  uses: readonly LogUse[],
  contexts: Int32Array,
  { processes, kind }: { processes: Int32Array; kind: WaitKind },
): number[] {
  const last = new Map<number, Map<number, number>>();
  const waits: number[] = [];
  const begins = kind === 'first load' ? 'making' : kind;
  const ends = kind === 'first load' ? 'load' : kind;
  for (const [index, { at, operation, errorCode }] of uses.entries()) {
    const context = contexts[index] ?? -1;
    const role = roleOf(operation);
    if (context === -1 || errorCode !== null || (role !== begins && role !== ends)) continue;
    const process = processes[index] ?? 0;
    const own = last.get(process) ?? new Map<number, number>();
    last.set(process, own);
    const before = own.get(context);
    if (role === ends && before !== undefined && at > before) waits.push(at - before);
    if (role === begins) own.set(context, at);
    else own.delete(context);
  }
  return waits;
}

const overlapMs = 2 * 60_000;
const gapMs = 6 * 3_600_000;

/** Sessions of one address that each begin as another ends are one process that renews its credentials. */
function succeeding(
  uses: readonly LogUse[],
  { processes, processNames }: { processes: Int32Array; processNames: string[] },
): { processes: Int32Array; processNames: string[] } {
  const spans = processNames.map(() => ({ from: -1, to: -1, address: '' }));
  for (const [index, { at, sourceIp }] of uses.entries()) {
    const span = spans[processes[index] ?? 0];
    if (span === undefined) continue;
    if (span.from === -1) Object.assign(span, { from: at, address: sourceIp ?? '' });
    span.to = at;
  }
  const chainOf = new Map<number, number>();
  /** For each address, the last session of each chain that none follows yet. */
  const open = new Map<string, number[]>();
  // Sessions are numbered as they begin.
  for (const [session, { from, address }] of spans.entries()) {
    const ended = open.get(address) ?? [];
    const fits = ended
      .filter((one) => {
        const to = spans[one]?.to ?? 0;
        return to <= from + overlapMs && to >= from - gapMs;
      })
      .sort((a, b) => Math.abs((spans[a]?.to ?? 0) - from) - Math.abs((spans[b]?.to ?? 0) - from));
    const before = fits[0];
    chainOf.set(session, before === undefined ? session : (chainOf.get(before) ?? before));
    open.set(address, [...ended.filter((one) => one !== before).slice(-50), session]);
  }
  const numbers = new Numbers();
  const chained = Int32Array.from(processes, (session) =>
    numbers.of(processNames[chainOf.get(session) ?? session] ?? ''),
  );
  return { processes: chained, processNames: numbers.names };
}
