/** What a spike is taken apart by. */
export const spikeDimensions = [
  'cause',
  'root',
  'workspace',
  'process',
  'dek',
  'tag',
  'principal',
] as const;
export type SpikeDimension = (typeof spikeDimensions)[number];
