/** What each caller was granted and refused about a revocation, and what it held. */
import {
  type AnswerCaller,
  answerCallerName,
  callerId,
  type DrillFacts,
  type KmsAnswer,
} from './facts.ts';
import type { Revocation } from './revocations.ts';

const minuteMs = 60_000;

export interface CallerTrace {
  name: string;
  principal: string | null;
  /** Telemetry tells of it. */
  told: boolean;
  /** The last request that was granted before it was undone. */
  lastYes: number | null;
  /** The last that was granted after it was revoked. */
  yesAfter: number | null;
  /** The first that was refused after it. */
  firstNo: number | null;
  lastNo: number | null;
  /** Since when Decrypt stays refused: that ends every data key under the key in that process. */
  firstDecryptNo: number | null;
  lastDecryptNo: number | null;
  denied: number;
  /** Start of the last minute with a use. */
  lastHit: number | null;
  hits: number[];
  /** When the last data key that it was granted ends. */
  leaseEnd: number | null;
  /** By then it held none; null of the log alone. */
  darkBy: number | null;
}

/** Callers that the answers about a revocation name, and processes that telemetry tells of then. */
export function traceCallers(
  facts: DrillFacts,
  given: { answers: readonly KmsAnswer[]; revocation: Revocation; ttlMs: number },
): CallerTrace[] {
  const { answers, revocation, ttlMs } = given;
  const { first, end } = revocation;
  const told = new Set(facts.boots.map(({ process }) => process));
  const traces = new Map<string, CallerTrace>();
  const traceOf = (caller: AnswerCaller): CallerTrace => {
    const id = callerId(caller);
    const isTold = caller.process !== null && told.has(caller.process);
    const one = traces.get(id) ?? emptyTrace(answerCallerName(caller), isTold);
    traces.set(id, one);
    return one;
  };
  const ofProcess = (process: string) => traceOf({ process, principal: null, session: null });
  // Data under another key says nothing of this one, unless it was the alias that moved.
  for (const answer of answers)
    if (answer.refusal !== 'wrong-key' || first.kind === 'alias')
      addAnswer(traceOf(answer.caller), answer, first.at);
  for (const { process, at, endsAt } of facts.leases) {
    if (at >= end || endsAt <= first.at) continue;
    const one = ofProcess(process);
    one.leaseEnd = Math.max(one.leaseEnd ?? endsAt, endsAt);
  }
  for (const { process, at } of facts.hits) {
    if (at >= end) continue;
    const one = ofProcess(process);
    one.hits.push(at);
    one.lastHit = Math.max(one.lastHit ?? at, at);
  }
  for (const one of traces.values()) {
    // A lease that is not told lasts a TTL at most.
    if (one.lastYes !== null && one.lastYes + ttlMs > first.at)
      one.leaseEnd ??= one.lastYes + ttlMs;
    one.darkBy = one.told ? darkBy(one, first.at) : null;
  }
  return [...traces.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const emptyTrace = (name: string, told: boolean): CallerTrace => ({
  name,
  principal: null,
  told,
  lastYes: null,
  yesAfter: null,
  firstNo: null,
  lastNo: null,
  firstDecryptNo: null,
  lastDecryptNo: null,
  denied: 0,
  lastHit: null,
  hits: [],
  leaseEnd: null,
  darkBy: null,
});

function addAnswer(one: CallerTrace, { at, refusal, operation, caller }: KmsAnswer, from: number) {
  one.principal ??= caller.principal;
  if (refusal === null) {
    one.lastYes = at;
    // In the change's own instant, as far as the log tells it apart, the key was still granted.
    if (at > from) {
      one.yesAfter = at;
      one.firstDecryptNo = operation === 'decrypt' ? null : one.firstDecryptNo;
    }
  } else if (at >= from) {
    one.denied += 1;
    one.firstNo ??= at;
    one.lastNo = at;
    if (operation !== 'decrypt') return;
    one.firstDecryptNo ??= at;
    one.lastDecryptNo = at;
  }
}

/** A Decrypt that stays refused, or the end of the last lease, whichever came first, unless it was in use later. */
function darkBy({ firstDecryptNo, leaseEnd, lastHit }: CallerTrace, from: number): number {
  const ends = [firstDecryptNo, leaseEnd].flatMap((at) => at ?? []);
  const by = ends.length === 0 ? from : Math.min(...ends);
  return lastHit === null || lastHit <= by ? by : Math.max(leaseEnd ?? 0, lastHit + minuteMs);
}
