/**
 * Deploys that a person told of: a process's first request for a key after one, or a request before the lease had
 * ended, is a cold start.
 */
import { tupleKey } from '../../shared/tuple-key.ts';
import type { InferredUse } from './infer-causes.ts';
import { confidenceOf } from './judged.ts';
import { graceMs } from './lower-edge.ts';
import { roleOf } from './roles.ts';

const told = { cause: 'load.first.cold-start', rule: 'asked for after a deploy' } as const;
const reachMsMin = 10 * 60_000;
/** A told deploy explains these better; for all others the log shows why. */
const doubtful: ReadonlySet<string> = new Set([
  'unknown',
  'load.first',
  'load.first.fan-out',
  'load.first.cold-start',
  'load.evicted',
]);

/** The uses in order of time, with the loads that a deploy explains marked so. `ttlMs` is the TTL where it is known. */
export function withDeploys(
  uses: readonly InferredUse[],
  { deploys, ttlMs }: { deploys: readonly number[]; ttlMs: number | null },
): InferredUse[] {
  if (deploys.length === 0) return [...uses];
  const last = new Map<string, number>();
  const reachMs = Math.max(ttlMs ?? 0, reachMsMin);
  let next = 0;
  return uses.map((use) => {
    while (next < deploys.length && (deploys[next] ?? 0) <= use.at) next++;
    const deployedAt = deploys[next - 1];
    if (!use.context?.length || use.errorCode !== null || roleOf(use.operation) === 'other')
      return use;
    const id = tupleKey(use.key, use.session ?? use.principal, JSON.stringify(use.context));
    const before = last.get(id);
    last.set(id, use.at);
    if (use.how === 'claimed' || roleOf(use.operation) !== 'load' || deployedAt === undefined)
      return use;
    const loadedSince = before !== undefined && before >= deployedAt;
    const ended = before !== undefined && ttlMs !== null && use.at - before + graceMs >= ttlMs;
    if (use.at - deployedAt >= reachMs || loadedSince || ended || !doubtful.has(use.cause))
      return use;
    return { ...use, ...told, confidence: confidenceOf(told) };
  });
}
