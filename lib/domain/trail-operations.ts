/** What switches a log off, or takes events out of it: of CloudTrail's own events the only ones that are kept. */
export const trailSource = 'cloudtrail.amazonaws.com';
export const trailOperations = [
  'StopLogging',
  'DeleteTrail',
  'UpdateTrail',
  'PutEventSelectors',
] as const;

const known: ReadonlySet<string> = new Set(trailOperations);
export const isTrailOperation = (operation: string | null): boolean =>
  operation !== null && known.has(operation);
