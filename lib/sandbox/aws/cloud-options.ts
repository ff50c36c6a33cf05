import type { Clock } from '../../domain/clock.ts';
import type { RandomBytes } from '../any-cloud/random-ids.ts';
import type { StoredEvent } from './event-log.ts';
import type { KeyRecord } from './kms-keys.ts';
import type { Principal } from './principals.ts';

/** What outlives a run, JSON-able. It holds key material and credentials of the sandbox. */
export interface CloudState {
  keys: readonly KeyRecord[];
  /** The key's id by the alias's ARN. Absent in state that earlier releases kept. */
  aliases?: readonly (readonly [arn: string, keyId: string])[];
  principals: readonly Principal[];
  /** Events kept by way of `journal`; `exportState` leaves them out. */
  events?: readonly StoredEvent[];
}

export interface AwsCloudOptions {
  /** Sandbox time: keys, events and their delivery go by it. */
  clock: Clock;
  random: RandomBytes;
  region: string;
  /** Delay from an event to its delivery, ms of sandbox time; drawn uniformly for every event. */
  deliveryLagMs: { min: number; max: number };
  /** Share of events, in [0, 1], that take this long instead and are marked as delayed. Default none. */
  late?: { share: number; lagMs: { min: number; max: number } };
  /** Share of events, in [0, 1], sent again as updated events with ids of their own. Default 0. */
  updatedShare?: number;
  /** How long a query of CloudTrail Lake runs, ms of sandbox time. Default 0. */
  queryMs?: number;
  /** The bucket that each account's trail names as its own. Default `acme-cloudtrail`. */
  trailBucket?: string;
  /** Delay until a change of a key's state is in force, ms of sandbox time. */
  propagationMs: number;
  /** Called for every event as it happens, delivered or not. */
  journal?: (event: StoredEvent) => void;
  /** Which requests a planned fault meets, in [0, 1). Default at random. */
  draw?: () => number;
  state?: CloudState;
  /** Off, calls leave no events at all, which makes them cheaper still. Default true. */
  recordEvents?: boolean;
  /** Events kept for each account; beyond it the oldest go. Default 500,000, at least 1. */
  eventsMax?: number;
  /**
   * Limit of each CloudTrail operation for each account, in wall time. Default none; the real one of
   * LookupEvents is 2 a second.
   */
  apiRateLimit?: { perSecond: number; wall: Clock };
}

/** Throws a RangeError that names the option at fault. */
export function checkCloudOptions(options: AwsCloudOptions): void {
  const { region, deliveryLagMs, propagationMs, eventsMax = 1, apiRateLimit } = options;
  const { min, max } = deliveryLagMs;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new RangeError('region must be an AWS one');
  if (!(min >= 0 && max >= min && Number.isFinite(max))) {
    throw new RangeError('deliveryLagMs must have 0 <= min <= max');
  }
  if (!(propagationMs >= 0 && Number.isFinite(propagationMs))) {
    throw new RangeError('propagationMs must be 0 or more');
  }
  if (!(Number.isInteger(eventsMax) && eventsMax >= 1)) {
    throw new RangeError('eventsMax must be a whole number of 1 or more');
  }
  if (apiRateLimit && !(apiRateLimit.perSecond > 0)) {
    throw new RangeError('apiRateLimit.perSecond must be more than 0');
  }
}
