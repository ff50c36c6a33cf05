/** The field's words that a stranger may not know, each in one sentence. */
export const glossary = {
  DEK: 'Data encryption key: a random key made in the service, which seals the data. Wrapped by the KMS it is an eDEK, stored beside the data; only the KMS can unwrap that.',
  TTL: 'How long a DEK may be used before the KMS must be asked again.',
  lease:
    'A DEK’s time in one process: from the KMS’s last yes until the TTL is over. Use does not make it longer.',
  residual:
    'What none of the counted terms explains. It is called unexplained here, and it is never left out.',
  'busy period': 'A stretch in which a DEK is used without a rest as long as the TTL.',
  echo: 'Requests that come again one TTL after those that began together, since their leases end together.',
  'T + 1/L':
    'How far apart echoes come: the TTL, and then on average until the DEK is used again (L uses an hour).',
  strength:
    'How well the times of the loads fit that period: Rayleigh’s z, which is about 1 where nothing repeats.',
  cohort: 'Loads that began together, such as after a deploy; their leases end together, too.',
} as const;
export type GlossaryTerm = keyof typeof glossary;
