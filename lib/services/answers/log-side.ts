import type { WindowFacts } from '../../explain/ledger/facts.ts';
import { adviceOf } from '../../explain/log-only/advice.ts';
import { helpsOf } from '../../explain/log-only/helps.ts';
import type { InferredUse, StreamFinding } from '../../explain/log-only/infer-causes.ts';
import { logsEndApart } from '../../explain/log-only/log-begins.ts';
import { checkPromise } from '../../explain/log-only/promise.ts';
import { repeats } from '../../explain/pattern/pattern.ts';
import type { LogSide } from '../../explain/words/log-sentences.ts';
import type { Cost, ExplainFilter, LogCauses } from '../../shared/dto.ts';
import type { PromiseView } from '../../shared/log-view.ts';
import { type HourMessages, hourlyMessages } from '../../shared/messages-csv.ts';
import { isNamed, presetUntold, type ServiceFacts } from '../../shared/service-facts.ts';
import { readRevocations } from '../../store/views/ledger/read-key-changes.ts';
import type { ViewContext } from '../context.ts';
import { keyFilter } from './key-filter.ts';
import { patternOf } from './pattern.ts';
import { promisedSpans } from './service-facts.ts';

const hourMs = 3_600_000;
/** Uses of these kinds tell nothing about a cache. */
const notTheService: ReadonlySet<string> = new Set(['probe', 'service', 'console']);

interface LogSideInput {
  facts: WindowFacts;
  filter: ExplainFilter;
  service: ServiceFacts;
  hours: readonly HourMessages[];
  costs: readonly Cost[];
  log: { causes: LogCauses; uses: readonly InferredUse[]; findings: readonly StreamFinding[] };
  /** Requests of the busiest minute. */
  peak: number;
}

/** What the log shows beyond causes: its pattern, the promise, what to change, and what a person could tell. */
export async function logSide(ctx: ViewContext, input: LogSideInput): Promise<LogSide> {
  const { facts, filter, service, log, costs, peak } = input;
  const { window } = facts;
  const { uses, findings, causes } = log;
  const nameOf = (id: string) => facts.principals.get(id)?.name ?? id;
  const isOwn = (id: string) =>
    service.principals.length === 0 || isNamed(service, { id, name: nameOf(id) });
  const { period, lines, sentences, sentenceLinks } = await patternOf(ctx, {
    window,
    filter,
    log: { events: [...uses], findings: [...findings] },
  });
  const pattern = { period, lines, sentences, sentenceLinks };
  const stated = statedOf(service);
  const own = uses.filter(({ principal, cause }) => isOwn(principal) && !notTheService.has(cause));
  const hours = input.hours.length > 0 ? input.hours : hourlyMessages(service, window);
  const [cost] = costs;
  const endsApart = logsEndApart(uses);
  return {
    causes,
    findings: countedUp(findings, causes),
    service,
    pattern,
    advice: adviceOf({
      window,
      uses,
      of: causes.of,
      findings,
      ttlMs: stated.ttlMs ?? hourMs,
      echo: echoOf(pattern, peak),
      nameOf,
      price:
        cost === undefined || endsApart ? null : { per10k: cost.per10k, currency: cost.currency },
    }),
    promise: checkPromise({
      window,
      uses: own,
      sampled: causes.examined < causes.of,
      findings: findings.filter(
        ({ principal, invokedBy }) => isOwn(principal) && invokedBy === null,
      ),
      stated,
      hours,
      revocations: await readRevocations(ctx.db, {
        ...window,
        filter: await keyFilter(ctx, filter),
      }),
    }),
    endsApart,
    helps: helpsOf({ uses, findings, service, messagesKnown: hours.length > 0 }),
  };
}

/** Of a sample, how many requests all would be. */
function countedUp(
  findings: readonly StreamFinding[],
  { examined, of }: LogCauses,
): StreamFinding[] {
  const times = examined === 0 ? 1 : of / examined;
  return findings.map((finding) => ({ ...finding, uses: Math.round(finding.uses * times) }));
}

/** The told promise, otherwise the more common of the published tables. */
function statedOf({ promise }: ServiceFacts): PromiseView['stated'] {
  return promise === null
    ? { ...promisedSpans(presetUntold), told: false }
    : { ...promise, told: true };
}

/** Where loads come back after a TTL. */
function echoOf({ period, lines }: LogSide['pattern'], peak: number) {
  const echoes = lines.some(({ kind, points }) => kind === 'echo' && points.length > 1);
  if (period === null || !repeats(period) || !echoes) return null;
  const { ttlMs, foundMs } = period;
  return ttlMs !== null && foundMs >= 0.97 * ttlMs && foundMs < 1.5 * ttlMs
    ? { periodMs: foundMs, peak }
    : null;
}
