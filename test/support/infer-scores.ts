import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { type CloudView, cloudViews } from './simulated-clouds.ts';
import { type SimulatedLog, simulatedLog } from './simulated-logs.ts';

/** How well causes are inferred, over many logs. */
export interface InferScores {
  logs: number;
  events: number;
  /** Of the events spoken on, the share whose cause is right. */
  accuracy: number;
  /** Of the events that the cloud's log can tell of (on AWS those with a context), the share spoken on. */
  coverage: number;
  /** Expected calibration error over tenths of confidence. */
  ece: number;
  /** TTLs in whose log three or more re-validations are; those told, right or wrong; and those within 5 %. */
  ttls: { all: number; told: number; right: number };
  /** Of the TTLs, and of those that are told at all, the share within 5 %; and the middle error of those. */
  ttlFound: number;
  /** The same of those TTLs that their log shows: most re-asks come no sooner, and three at that time. */
  ttlFoundWhereShown: number;
  ttlRight: number;
  ttlError: number;
  /** Logs in which something wrong is said of an event at 99 % or more. */
  certainlyWrong: number;
  /** Of what is wrong, the share said at less than one half. */
  wrongAtLessThanHalf: number;
}

export interface RuleScore {
  right: number;
  wrong: number;
}

const revalidationsMin = 3;
const bins = 10;

/** @see InferScores; `byRule` and `byDesign` say where it comes from. */
// Long: one table of designs and what each is scored by.
export function inferScores(
  seeds: readonly number[],
  cloud: CloudView = cloudViews.aws,
): {
  scores: InferScores;
  byRule: Map<string, RuleScore>;
  byDesign: Map<string, RuleScore & { unknown: number }>;
} {
  const byRule = new Map<string, RuleScore>();
  const byDesign = new Map<string, RuleScore & { unknown: number }>();
  const calibration = Array.from({ length: bins }, () => ({ n: 0, sure: 0, right: 0 }));
  const ttls: FoundTtl[] = [];
  const sums = { events: 0, spoken: 0, right: 0, ofTold: 0, spokenOfTold: 0, certain: 0 };
  let wrongLow = 0;
  for (const seed of seeds) {
    const log = cloud.seen(simulatedLog(seed), seed);
    const { uses, findings } = inferCauses(log.uses);
    const design = byDesign.get(log.name) ?? { right: 0, wrong: 0, unknown: 0 };
    byDesign.set(log.name, design);
    let certainlyWrong = false;
    for (const use of uses) {
      const { eventId, cause, rule, confidence } = use;
      const truth = log.truth.get(eventId) ?? [];
      const tells = cloud.tells(use, truth);
      sums.events++;
      if (tells) sums.ofTold++;
      if (cause === 'unknown') {
        design.unknown++;
        continue;
      }
      const right = isRight(cause, truth);
      const by = `${rule}${confidence < 0.5 ? ', a guess' : ''}`;
      const score = byRule.get(by) ?? { right: 0, wrong: 0 };
      byRule.set(by, score);
      score[right ? 'right' : 'wrong']++;
      design[right ? 'right' : 'wrong']++;
      sums.spoken++;
      if (tells) sums.spokenOfTold++;
      if (right) sums.right++;
      else if (confidence < 0.5) wrongLow++;
      if (!right && confidence >= 0.99) certainlyWrong = true;
      const bin = calibration[Math.min(bins - 1, Math.floor(confidence * bins))];
      if (bin !== undefined) {
        bin.n++;
        bin.sure += confidence;
        bin.right += right ? 1 : 0;
      }
    }
    if (certainlyWrong) sums.certain++;
    ttls.push(...foundTtls(log, findings));
  }
  const ttlErrors = ttls.map(({ error }) => error);
  const shown = ttls.filter(({ isShown }) => isShown);
  const told = ttlErrors.filter((error) => error !== null);
  const found = told.filter((error) => error <= 0.05);
  const wrong = sums.spoken - sums.right;
  return {
    scores: {
      logs: seeds.length,
      events: sums.events,
      accuracy: sums.right / sums.spoken,
      coverage: sums.spokenOfTold / sums.ofTold,
      ece:
        calibration.reduce((all, { sure, right }) => all + Math.abs(sure - right), 0) / sums.spoken,
      ttls: { all: ttls.length, told: told.length, right: found.length },
      ttlFound: found.length / ttlErrors.length,
      ttlFoundWhereShown: shown.filter(isNear).length / Math.max(1, shown.length),
      ttlRight: found.length / Math.max(1, told.length),
      ttlError: [...found].sort((a, b) => a - b)[found.length >> 1] ?? 0,
      certainlyWrong: sums.certain,
      wrongAtLessThanHalf: wrong === 0 ? 1 : wrongLow / wrong,
    },
    byRule,
    byDesign,
  };
}

/** A refined first load is one; a key made is said less exactly, but not wrongly. */
export function isRight(cause: string, truth: readonly string[]): boolean {
  const family = cause.startsWith('load.first') ? 'load.first' : cause;
  return (
    truth.includes(family) || (cause === 'dek.made' && truth.some((one) => one.startsWith('dek.')))
  );
}

interface FoundTtl {
  /** Relative; null where none is told. */
  error: number | null;
  isShown: boolean;
}

const isNear = ({ error }: FoundTtl): boolean => error !== null && error <= 0.05;

/** How far off each TTL is that re-validations show, and whether the log shows it at all. */
function foundTtls(
  log: SimulatedLog,
  findings: ReturnType<typeof inferCauses>['findings'],
): FoundTtl[] {
  return [...log.ttls].flatMap(([who, ttlMs]) => {
    const revalidations = log.uses.filter(
      ({ principal, eventId }) =>
        principal === who && (log.truth.get(eventId) ?? []).includes('load.expired'),
    ).length;
    if (revalidations < revalidationsMin) return [];
    const found = findings.find(({ principal }) => principal === who)?.ttl ?? null;
    const error = found === null ? null : Math.abs(found.ms - ttlMs) / ttlMs;
    return [{ error, isShown: isShown(waitsOf(log, who), ttlMs) }];
  });
}

/** Times from one request of a session for a context to its next. */
function waitsOf({ uses }: SimulatedLog, who: string): number[] {
  const last = new Map<string, number>();
  return uses.flatMap(({ principal, session, context, dek, at }) => {
    if (principal !== who) return [];
    const asked = JSON.stringify([session, context, dek]);
    const before = last.get(asked);
    last.set(asked, at);
    return before === undefined ? [] : [at - before];
  });
}

/** What a cache of too little room pushes out, and what many data keys share, hides when leases end. */
function isShown(waits: readonly number[], ttlMs: number): boolean {
  const sooner = waits.filter((ms) => ms < 0.98 * ttlMs).length;
  const then = waits.filter((ms) => ms >= 0.98 * ttlMs && ms <= 1.05 * ttlMs).length;
  return then >= revalidationsMin && sooner <= waits.length / 2;
}
