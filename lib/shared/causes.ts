/** What screens call a cause, and what it means. */
export interface CauseWords {
  label: string;
  about: string;
}

/** Every cause of a KMS call, in the order charts stack them, with the words screens use. */
const words: readonly (readonly [cause: string, words: CauseWords])[] = [
  [
    'dek.first',
    {
      label: 'First DEK',
      about: 'The workspace had no current DEK, so one was made and wrapped.',
    },
  ],
  [
    'dek.rotation',
    { label: 'DEK rotation', about: 'The current DEK had reached its rotation age.' },
  ],
  [
    'dek.limit',
    { label: 'DEK limit', about: 'The current DEK had met its message or byte limit.' },
  ],
  [
    'dek.adopted',
    {
      label: 'Adopted DEK',
      about: 'Another process made the DEK first; this one loaded it.',
    },
  ],
  ['load.first', { label: 'First load', about: 'This process had never held this DEK.' }],
  [
    'load.first.historical',
    {
      label: 'Historical',
      about: 'A first load of a DEK past its rotation age that no process held within the TTL.',
    },
  ],
  [
    'load.first.cold-start',
    {
      label: 'Cold start',
      about: 'A first load by a process younger than the TTL.',
    },
  ],
  [
    'load.first.fan-out',
    {
      label: 'Fan-out',
      about: 'A first load of a DEK that another process held within the TTL.',
    },
  ],
  [
    'load.expired',
    {
      label: 'Re-validation',
      about: 'The lease had ended less than one TTL ago: continuing use.',
    },
  ],
  [
    'load.reopened',
    {
      label: 'Reopened',
      about: 'The lease had ended a TTL ago or more: old data opened again.',
    },
  ],
  [
    'load.evicted',
    {
      label: 'Evicted',
      about: 'The DEK had been removed for capacity while its lease still ran.',
    },
  ],
  [
    'load.after-denial',
    {
      label: 'After denial',
      about: 'The first load after the key or DEK was denied.',
    },
  ],
  [
    'refresh.ahead',
    {
      label: 'Refresh ahead',
      about: 'Re-validated in the background before its lease ended.',
    },
  ],
  ['validate', { label: 'Validate', about: 'A validation of the key.' }],
];

/** Causes that only a log shows, of services of any design; our engine has none of them. */
const logWords: readonly (readonly [cause: string, words: CauseWords])[] = [
  [
    'dek.made',
    {
      label: 'Data key made',
      about: 'A data key was made; for what, the log can’t tell.',
    },
  ],
  [
    'dek.parallel',
    {
      label: 'Parallel data keys',
      about: 'Many data keys made at once for one context: not cached, or not coalesced.',
    },
  ],
  ['uncached', { label: 'Not cached', about: 'Asked for each use: no cache shows.' }],
  ['probe', { label: 'Health check', about: 'A request at a steady pace, whatever else happens.' }],
  [
    'service',
    { label: 'Cloud service', about: 'A service of the cloud asked on somebody’s behalf.' },
  ],
  [
    'job',
    {
      label: 'Scheduled job',
      about: 'A process that begins anew at a steady pace asked for what it had never held.',
    },
  ],
  ['throttled', { label: 'Throttled', about: 'Refused: more was asked than the cloud allows.' }],
  ['denied', { label: 'Denied', about: 'Refused: the caller may not use the key, or it is off.' }],
  ['retry', { label: 'Retry', about: 'The same was asked a moment ago, and failed.' }],
  ['console', { label: 'In a browser', about: 'A person in the cloud’s console.' }],
];

/** Causes of requests that make a data key, or take over the one that another process has just made. */
const making: ReadonlySet<string> = new Set([
  ...['dek.first', 'dek.rotation', 'dek.limit', 'dek.adopted', 'dek.made', 'dek.parallel'],
]);
export const isMaking = (cause: string): boolean => making.has(cause);

/** Causes of requests that open a data key which there is. */
const loading: ReadonlySet<string> = new Set([
  ...['load.first', 'load.first.historical', 'load.first.cold-start', 'load.first.fan-out'],
  ...['load.expired', 'load.reopened', 'load.evicted', 'load.after-denial'],
]);
export const isLoading = (cause: string): boolean => loading.has(cause);

/** Stands for every cause outside the list: whoever writes a user agent may claim anything. */
export const otherCause = 'other';

const wordsOf: ReadonlyMap<string, CauseWords> = new Map([
  ...words,
  ...logWords,
  [otherCause, { label: 'Other', about: 'A cause that this version does not know.' }],
]);

/** Why the log has events that no call of ours explains; shown beside causes where a spike is taken apart. */
const eventLabels: ReadonlyMap<string, string> = new Map([
  ['stranger', 'Strangers'],
  ['suspect', 'Suspects'],
  ['telemetry-lost', 'Telemetry lost'],
  ['unknown', 'Unknown'],
]);

export const causeOrder: readonly string[] = words.map(([cause]) => cause);
export const logCauseOrder: readonly string[] = logWords.map(([cause]) => cause);

/** The cause where it is in the list, else `other`. */
export const causeOf = (text: string): string => (wordsOf.has(text) ? text : otherCause);

/** Whether a chart may tell it apart. */
export const isCause = (text: string): boolean => wordsOf.has(text) || eventLabels.has(text);

export const causeWords = (cause: string): CauseWords | undefined => wordsOf.get(cause);

/** The cause's label; what is not known here reads as other. */
export const causeLabel = (cause: string): string =>
  wordsOf.get(cause)?.label ?? eventLabels.get(cause) ?? 'Other';
