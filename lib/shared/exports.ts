/** What can be saved as a file of rows. */
export const exportable = ['calls', 'strangers', 'spikes', 'pattern', 'ledger', 'report'] as const;
export type Exported = (typeof exportable)[number];
