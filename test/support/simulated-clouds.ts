/** Simulated logs as the audit logs of the three clouds hold them. */
import type { LogUse } from '../../lib/domain/log-use.ts';
import type { SimulatedLog } from './simulated-logs.ts';

export interface CloudView {
  /** The log as this cloud writes it. */
  seen: (log: SimulatedLog, seed: number) => SimulatedLog;
  /** Whether an event is one whose cause such a log can tell. */
  tells: (use: LogUse, truth: readonly string[]) => boolean;
}

/** Who asks, how steadily, and whether it was granted: what a log without contexts shows. */
const shown: ReadonlySet<string> = new Set([
  ...['probe', 'job', 'service', 'console'],
  ...['denied', 'throttled'],
]);

const showsWithoutContext: CloudView['tells'] = (_, truth) => truth.some((one) => shown.has(one));

/** Neither contexts nor sessions are in it, and keys are wrapped, never generated. */
function bare(log: SimulatedLog, addressOf: (use: LogUse) => string | null): SimulatedLog {
  const key = log.uses.find((use) => use.key !== null)?.key ?? null;
  const uses = log.uses.map(
    (use): LogUse => ({
      ...use,
      key,
      context: null,
      session: null,
      sourceIp: addressOf(use),
      operation: use.operation === 'Decrypt' ? 'Decrypt' : 'Encrypt',
    }),
  );
  return { ...log, uses, ttls: new Map() };
}

export const cloudViews: Readonly<Record<'aws' | 'gcp' | 'azure', CloudView>> = {
  aws: { seen: (log) => log, tells: ({ context }) => context !== null },
  gcp: {
    // Callers inside of Google's network have no address of their own.
    seen: (log, seed) => bare(log, ({ sourceIp }) => (seed % 3 === 0 ? 'private' : sourceIp)),
    tells: showsWithoutContext,
  },
  azure: { seen: (log) => bare(log, ({ sourceIp }) => sourceIp), tells: showsWithoutContext },
};
