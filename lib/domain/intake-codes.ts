/**
 * Why a record, or a file, was not taken in: each reason with its words and what to do, in one
 * table. Ignored are things known to be of no use here; rejected are things that should have been.
 */
export const ignoredReasons = {
  'not-kms': {
    words: 'records of other services',
    advice: 'nothing to do: only KMS requests are explained',
  },
  vpce: {
    words: 'requests logged a second time by a VPC endpoint',
    advice: 'nothing to do: the trail’s management event counts; a denial by the endpoint does too',
  },
  digest: { words: 'CloudTrail digest files', advice: 'nothing to do: they hold no events' },
  insight: {
    words: 'CloudTrail Insights events',
    advice: 'nothing to do: they count, they name none',
  },
  aggregate: {
    words: 'CloudTrail aggregated events: counts of some minutes, no single requests',
    advice: 'give the trail’s management events of the same time',
  },
  'other-provider': {
    words: 'records of another cloud than the one asked for',
    advice: 'leave --provider out to have all of them',
  },
  'past-retention': {
    words: 'records of a time that is kept as sums only',
    advice: 'nothing to do: to explain them apart, give them to keytide explain --audit',
  },
  'no-record': {
    words: 'values and rows without an audit record',
    advice: 'nothing to do if other things are stored beside the log',
  },
  text: {
    words: 'lines of text that are no JSON',
    advice: 'nothing to do if other things are stored beside the log',
  },
  empty: {
    words: 'empty files',
    advice: 'nothing to do if nothing happened in their time; else fetch them again',
  },
  'dot-file': { words: 'files whose name begins with a dot', advice: 'name one to have it read' },
  'digest-folder': { words: 'CloudTrail-Digest folders', advice: 'name one to have it read' },
  'insight-folder': { words: 'CloudTrail-Insight folders', advice: 'name one to have it read' },
} as const;
export type IgnoredReason = keyof typeof ignoredReasons;
// The table is written here, whole: it has these keys and no others.
export const ignoredCodes = Object.keys(ignoredReasons) as IgnoredReason[];

export const rejectedCodes = {
  'other-file': { words: 'files of another kind', advice: 'give records of an audit log' },
  telemetry: {
    words: 'files of OpenTelemetry data',
    advice: 'give them to keytide explain with --telemetry, or drop them on the dashboard',
  },
  messages: {
    words: 'files of message counts',
    advice:
      'give them to keytide explain with --messages; the dashboard takes their average an hour, under Settings',
  },
  columns: {
    words: 'tables without the columns that a record needs',
    advice: 'export those columns too',
  },
  'no-record': {
    words: 'files without an audit record',
    advice: 'give files of CloudTrail’s, Google Cloud’s or Azure’s audit logs',
  },
  notification: {
    words: 'notifications that only point at an object',
    advice: 'fetch the object that each names, and give that',
  },
  'not-json': {
    words: 'places that are not JSON',
    advice: 'fetch or export the file again; what stands around them was taken',
  },
  damaged: { words: 'damaged or unfinished files', advice: 'fetch or export the file again' },
  unreadable: { words: 'paths that cannot be read', advice: 'check path and rights' },
  'too-large': { words: 'values too large to be read', advice: 'split the file' },
  'missing-field': {
    words: 'records that lack what none can do without',
    advice: 'export each record’s id, time and operation too',
  },
  time: {
    words: 'records whose time is not understood, or is in a distant future',
    advice: 'write times as ISO 8601, and check the clock that wrote them',
  },
  invalid: { words: 'records that are damaged', advice: 'export them again' },
  unlisted: { words: 'more faults that are not listed', advice: 'mend the listed ones first' },
} as const;
export type RejectedCode = keyof typeof rejectedCodes;
