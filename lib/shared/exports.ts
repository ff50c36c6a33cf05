/** What can be saved as a file of rows. */
export const exportable = [
  'calls',
  'causes',
  'strangers',
  'spikes',
  'pattern',
  'keys',
  'leases',
  'ledger',
  'report',
] as const;
export type Exported = (typeof exportable)[number];
