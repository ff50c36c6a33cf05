import { AwsFault } from './aws-fault.ts';

/** For a while, a share of all uses of key material fails as a busy or broken KMS would. */
export interface PlannedFault {
  kind: 'throttled' | 'internal';
  /** Sandbox time, epoch ms, `[from, to)`. */
  from: number;
  to: number;
  /** In [0, 1]. */
  share: number;
}

/** The fault due at `now` if `draw`, in [0, 1), falls into its share; null for none. */
export function plannedFault(
  plan: readonly PlannedFault[],
  now: number,
  draw: number,
): PlannedFault['kind'] | null {
  const due = plan.find(({ from, to }) => now >= from && now < to);
  return due === undefined || draw >= due.share ? null : due.kind;
}

/** Throws the fault that is due. */
export function failAsPlanned(plan: readonly PlannedFault[], now: number, draw: number): void {
  const kind = plannedFault(plan, now, draw);
  if (kind === null) return;
  throw kind === 'throttled'
    ? new AwsFault('ThrottlingException', 'You have exceeded the rate at which you may call KMS.')
    : new AwsFault('KMSInternalException', 'The request failed for an internal reason.', 500);
}
