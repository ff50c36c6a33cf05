/** Every cause of a KMS call, in the order charts stack them, with the words screens use. */
export const causeWords: Record<string, { label: string; about: string }> = {
  'dek.first': {
    label: 'First DEK',
    about: 'The workspace had no current DEK, so one was made and wrapped.',
  },
  'dek.rotation': { label: 'DEK rotation', about: 'The current DEK had reached its rotation age.' },
  'dek.limit': { label: 'DEK limit', about: 'The current DEK had met its message or byte limit.' },
  'dek.adopted': {
    label: 'Adopted DEK',
    about: 'Another process made the DEK first; this one loaded it.',
  },
  'load.first': { label: 'First load', about: 'This process had never held this DEK.' },
  'load.first.historical': {
    label: 'Historical',
    about: 'A first load of a DEK past its rotation age that no process held within the TTL.',
  },
  'load.first.cold-start': {
    label: 'Cold start',
    about: 'A first load by a process younger than the TTL.',
  },
  'load.first.fan-out': {
    label: 'Fan-out',
    about: 'A first load of a DEK that another process held within the TTL.',
  },
  'load.expired': {
    label: 'Re-validation',
    about: 'The lease had ended less than one TTL ago: continuing use.',
  },
  'load.reopened': {
    label: 'Reopened',
    about: 'The lease had ended a TTL ago or more: old data opened again.',
  },
  'load.evicted': {
    label: 'Evicted',
    about: 'The DEK had been removed for capacity while its lease still ran.',
  },
  'load.after-denial': {
    label: 'After denial',
    about: 'The first load after the key or DEK was denied.',
  },
  'refresh.ahead': {
    label: 'Refresh ahead',
    about: 'Re-validated in the background before its lease ended.',
  },
  validate: { label: 'Validate', about: 'A validation of the key.' },
};

/** Why the log has events that no call of ours explains; beside causes where a spike is taken apart. */
const eventLabels: Record<string, string> = {
  stranger: 'Strangers',
  suspect: 'Suspects',
  'telemetry-lost': 'Telemetry lost',
  unknown: 'Unknown',
};

export const causeOrder: readonly string[] = Object.keys(causeWords);

/** The cause's label, or the cause itself where it is not known here. */
export const causeLabel = (cause: string): string =>
  causeWords[cause]?.label ?? eventLabels[cause] ?? cause;
