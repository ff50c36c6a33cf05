import type { LogFinding } from '../../shared/log-view.ts';
import type { StreamFinding } from './infer-causes.ts';

/** A finding as the API and `explain --json` give it. */
export function findingView(finding: StreamFinding): LogFinding {
  const { key, principal, invokedBy, uses, names, contexts, processes, identity, ttl } = finding;
  return {
    key,
    principal,
    invokedBy,
    requests: uses,
    names: names.map((one) => ({ ...one })),
    contexts,
    processes,
    processBy: finding.processBy,
    identity,
    ttl: ttl === null ? null : { ...ttl },
    // What is made many at once is not kept for its lifetime.
    dekLifetimeMs: finding.atOnce === null ? finding.lifetimeMs : null,
    probes: finding.probes.map(({ operation, everyMs, uses: requests }) => ({
      operation,
      everyMs,
      requests,
    })),
  };
}
