/** Scenarios whose requests fall at a known instant, and why. */
import type { DropCause } from '../../lib/shared/spike-view.ts';
import { auditRecord } from './records.ts';
import type { Scenario } from './scenario.ts';

export type DropKind = Exclude<DropCause['kind'], 'unknown'>;
export const dropKinds: readonly DropKind[] = ['log-off', 'revalidation-stopped', 'service-gone'];

const afterMs = 75 * 60_000;

/**
 * The same traffic with one event 75 minutes into it.
 * @param told whether the log says itself that it was stopped.
 */
export function withDrop(
  living: Scenario,
  { kind, told }: { kind: DropKind; told: boolean },
): Scenario & { fellAt: number } {
  const fellAt = living.from + afterMs;
  const before = <T extends { at: number }>(rows: readonly T[]) =>
    rows.filter(({ at }) => at < fellAt);
  const { telemetry } = living;
  const audit = before(living.audit);
  if (told)
    audit.push(
      auditRecord({
        eventId: 'stopped',
        at: fellAt - 1_000,
        operation: 'StopLogging',
        key: null,
        principal: 'AIDAADMIN',
        principalName: 'arn:aws:iam::200000000001:user/admin',
      }),
    );
  if (kind === 'log-off') return { ...living, audit, fellAt };
  // Engines that no longer ask answer from memory whatever was a miss.
  const operations =
    kind === 'service-gone'
      ? before(telemetry.operations)
      : telemetry.operations.map((row) =>
          row.at >= fellAt && row.outcome === 'miss' ? { ...row, outcome: 'hit' } : row,
        );
  const calls = before(telemetry.calls);
  const attempts = before(telemetry.attempts);
  return { ...living, audit, telemetry: { ...telemetry, operations, calls, attempts }, fellAt };
}
