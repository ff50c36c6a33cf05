/** What a person knows of the service whose log it is, as a file or the page tells it. */

/** The published tables: how long a data key encrypts, and how long it may be used without asking the KMS. */
export const promisePresets = {
  daily: { dekLifetime: '24h', ttl: '1h' },
  hourly: { dekLifetime: '1h', ttl: '1h' },
} as const;
export type PromisePreset = keyof typeof promisePresets;
// The table is written here, whole: it has these keys and no others.
export const promisePresetNames = Object.keys(promisePresets) as PromisePreset[];

/** The JSON of `explain --service FILE` and of the page; what is not known is null or empty. */
export interface ServiceForm {
  /** Ids, ARNs or role names. */
  principals: string[];
  messagesPerHour: number | null;
  /** Spans such as `1h`. */
  promise: PromisePreset | { ttl: string | null; dekLifetime: string | null } | null;
  /** ISO instants. */
  deploys: string[];
}

/** The same, understood. Spans in ms, instants epoch ms. */
export interface ServiceFacts {
  principals: readonly string[];
  messagesPerHour: number | null;
  promise: { ttlMs: number | null; dekLifetimeMs: number | null } | null;
  /** In order of time. */
  deploys: readonly number[];
}

export type ServiceField = keyof ServiceForm;

export const noService: ServiceForm = {
  principals: [],
  messagesPerHour: null,
  promise: null,
  deploys: [],
};

/** What the log is compared with where nobody said what is promised. */
export const presetUntold: PromisePreset = 'daily';

/** Whether a principal is one of those named: by its id, its ARN, or the last part of that. */
export function isNamed(
  { principals }: Pick<ServiceFacts, 'principals'>,
  principal: { id: string; name: string },
): boolean {
  const last = principal.name.split('/').at(-1);
  return principals.some(
    (named) => named === principal.id || named === principal.name || named === last,
  );
}
