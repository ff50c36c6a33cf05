/** Why a KMS call was made; recorded when it is made. */
export const causes = [
  'dek.first',
  'dek.rotation',
  'dek.limit',
  'dek.adopted',
  'load.first',
  'load.expired',
  'load.reopened',
  'load.evicted',
  'load.after-denial',
  'refresh.ahead',
  'validate',
] as const;

export type Cause = (typeof causes)[number];

/** Whether a load continues the lineage of the load before it. Every other load starts a new root. */
export function continuesLineage(cause: Cause): boolean {
  return cause === 'load.expired' || cause === 'load.evicted' || cause === 'refresh.ahead';
}
