/** What to change, as the log shows it, each with the requests it would have saved. Pure. */
import { callsHref } from '../../shared/calls-href.ts';
import { isLoading } from '../../shared/causes.ts';
import type { Advice } from '../../shared/log-view.ts';
import { linked, type Said, said } from '../../shared/said.ts';
import { countText, nounText, priceText, shareText, spanText } from '../../shared/screen-text.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import { shortName } from './finding-words.ts';
import type { InferredUse, StreamFinding } from './infer-causes.ts';
import { isPlain } from './probes.ts';

export interface AdviceFacts {
  window: { from: number; to: number };
  /** In order of time; a sample where `of` is more. */
  uses: readonly InferredUse[];
  of: number;
  findings: readonly StreamFinding[];
  /** The TTL that a cache would have: the promised one, else an hour. */
  ttlMs: number;
  /** The period at which loads come back, and the largest minute of it; null where none do. */
  echo: { periodMs: number; peak: number } | null;
  nameOf: (principal: string) => string;
  price: { per10k: number; currency: string } | null;
}

const hourMs = 3_600_000;
const yearMs = 365 * 86_400_000;
const dayMs = 86_400_000;
const atOnceMs = 2_500;
/** A change that saves less is not worth telling. */
const savedMin = 10;
const savedShareMin = 0.02;
const probeEveryMs = 5 * 60_000;
/** As AWS puts it: "by up to 99 percent". */
const bucketKeyShare = 0.99;
const peakMin = 20;

export function adviceOf(facts: AdviceFacts): Advice[] {
  const told = [coalesce, cache, share, capacity, probes, bucketKeys, spread];
  return told
    .flatMap((tell) => tell(facts) ?? [])
    .sort((a, b) => b.requestsSaved - a.requestsSaved);
}

/** Where only a sample is looked at, the rest is taken to be alike. */
const scaled = (n: number, { uses, of }: AdviceFacts): number =>
  uses.length === 0 ? 0 : Math.round((n * of) / uses.length);

function saving(
  facts: AdviceFacts,
  given: { id: Advice['id']; head: string | Said; saved: number },
): Advice | null {
  const { window, of, price } = facts;
  const requestsSaved = scaled(given.saved, facts);
  if (requestsSaved < Math.max(savedMin, savedShareMin * of)) return null;
  const perYear = (requestsSaved * yearMs) / (window.to - window.from);
  const cost =
    price === null || window.to - window.from < hourMs
      ? ''
      : said`, ${linked(`${priceText((perYear * price.per10k) / 10_000)} ${price.currency}`, '/details')} a year at this rate`;
  const all = linked(nounText(of, 'request'), callsHref({ show: 'events' }));
  const told = said`${given.head}. It would have saved ${countText(requestsSaved)} of ${all} (${shareText(requestsSaved / of)})${cost}.`;
  return { id: given.id, ...told, requestsSaved };
}

/** What is asked for and by whom: what one cache entry would be told by. */
const entryOf = ({ key, principal, session, context }: InferredUse, ofSession: boolean): string =>
  tupleKey(key, principal, ofSession ? session : null, JSON.stringify(context));

/** How many requests a cache with that TTL would have made. */
function cachedCount(
  uses: readonly InferredUse[],
  { ttlMs, ofSession }: { ttlMs: number; ofSession: boolean },
): number {
  const loadedAt = new Map<string, number>();
  let requests = 0;
  for (const use of uses) {
    const entry = entryOf(use, ofSession);
    const before = loadedAt.get(entry);
    if (before !== undefined && use.at - before < ttlMs) continue;
    loadedAt.set(entry, use.at);
    requests++;
  }
  return requests;
}

function coalesce(facts: AdviceFacts): Advice | null {
  const parallel = facts.uses.filter(({ cause }) => cause === 'dek.parallel');
  const left = cachedCount(parallel, { ttlMs: atOnceMs, ofSession: true });
  const head = `Let parallel requests for one data key wait for the first of them: ${countText(parallel.length)} came in ${nounText(left, 'burst')} where ${countText(left)} would do`;
  return saving(facts, { id: 'coalesce', head, saved: parallel.length - left });
}

function cache(facts: AdviceFacts): Advice | null {
  const { ttlMs } = facts;
  const asked = facts.uses.filter(({ cause }) => cause === 'uncached' || cause === 'dek.parallel');
  if (!asked.some(({ cause }) => cause === 'uncached')) return null;
  const left = cachedCount(asked, { ttlMs, ofSession: true });
  const head = `Cache data keys, for ${spanText(ttlMs)} each: ${nounText(asked.length, 'request')} become ${countText(left)}`;
  return saving(facts, { id: 'cache', head, saved: asked.length - left });
}

/** Each process asks for what another one already holds. */
function share(facts: AdviceFacts): Advice | null {
  const cachedBy = facts.findings.filter(
    ({ identity, ttl, processes }) => identity === 'key' && ttl !== null && processes > 1,
  );
  const [first] = cachedBy;
  if (first?.ttl == null) return null;
  const { ms } = first.ttl;
  const owners = new Set(cachedBy.map(({ key, principal }) => tupleKey(key, principal)));
  const loads = facts.uses.filter(
    ({ key, principal, cause }) => isLoading(cause) && owners.has(tupleKey(key, principal)),
  );
  const apart = cachedCount(loads, { ttlMs: ms - atOnceMs, ofSession: true });
  const together = cachedCount(loads, { ttlMs: ms - atOnceMs, ofSession: false });
  const head = `Send all work of one data key to the same process, instead of any of ${countText(first.processes)}: each now asks for itself`;
  return saving(facts, { id: 'share', head, saved: apart - together });
}

function capacity(facts: AdviceFacts): Advice | null {
  const evicted = facts.uses.filter(({ cause }) => cause === 'load.evicted').length;
  const head =
    'Give the cache room for all data keys in use: keys are asked for again before their time';
  return saving(facts, { id: 'capacity', head, saved: evicted });
}

/** Checks cost the same whatever else happens, so their cost is told by the year. */
function probes(facts: AdviceFacts): Advice[] {
  return facts.findings.flatMap(({ principal, probes: found }) => {
    if (!isPlain(found)) return [];
    const often = found.filter(({ everyMs }) => everyMs < probeEveryMs);
    const perDay = often.reduce((sum, { everyMs }) => sum + dayMs / everyMs, 0);
    const left = (often.length * dayMs) / probeEveryMs;
    const uses = often.reduce((sum, probe) => sum + probe.uses, 0);
    if (uses === 0) return [];
    const pace = spanText(Math.min(...often.map(({ everyMs }) => everyMs)));
    const daily = linked(countText(Math.round(perDay)), callsHref({ show: 'events', principal }));
    const head = said`Let ${shortName(facts.nameOf(principal))} check the key every ${spanText(probeEveryMs)} instead of every ${pace}: ${daily} requests a day become ${countText(Math.round(left))}`;
    const saved = Math.round(uses * (1 - left / perDay));
    return saving(facts, { id: 'probe', head, saved }) ?? [];
  });
}

function bucketKeys(facts: AdviceFacts): Advice | null {
  const objects = facts.uses.filter(
    ({ invokedBy, context }) =>
      invokedBy?.startsWith('s3.') === true &&
      context?.some(([, value]) => /^arn:[\w-]+:s3:::[^/]+\//.test(value)) === true,
  );
  const buckets = new Set(
    objects.flatMap(({ context }) => context?.map(([, value]) => value.split('/', 1)[0]) ?? []),
  );
  const head = `Turn on S3 Bucket Keys for ${nounText(buckets.size, 'bucket')}: each object is asked for by itself, and a bucket’s key spares up to 99 % of that`;
  return saving(facts, {
    id: 'bucket-key',
    head,
    saved: Math.floor(objects.length * bucketKeyShare),
  });
}

/** This saves no request but removes the peaks: what was loaded together expires together. */
function spread({ echo, ttlMs, findings }: AdviceFacts): Advice | null {
  if (echo === null || echo.peak < peakMin) return null;
  const lease = findings.find(({ ttl }) => ttl !== null)?.ttl?.ms ?? ttlMs;
  const level = Math.ceil(echo.peak / (lease / 60_000));
  return level * 2 > echo.peak
    ? null
    : {
        id: 'spread',
        text: `Spread the first lease of each data key over the TTL: what is loaded together comes back together, every ${(echo.periodMs / 60_000).toFixed(1)} min; spread, the peak of ${countText(echo.peak)} requests a minute falls to about ${countText(level)}, with no request more after the first hour.`,
        links: [],
        requestsSaved: 0,
      };
}
