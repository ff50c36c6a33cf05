/** CloudTrail as an API: event history, what a trail leaves out, and queries of CloudTrail Lake. */

import type { AwsOutput, AwsOutputs, TrailOperation, TrailSelectors } from './api.ts';
import type { JsonObject } from './api-call.ts';
import { AwsFault } from './aws-fault.ts';
import type { CloudTrailOptions } from './cloudtrail-options.ts';
import type { StoredEvent } from './event-log.ts';
import type { AwsKmsCall } from './key-access.ts';
import { identityAllows } from './key-policy.ts';
import { EventDataStore } from './lake.ts';
import { lookupPage } from './lookup-events.ts';
import { objectList, optionalFlag, requiredText } from './request-fields.ts';

/** The one trail of every account. */
export const trailName = 'management-events';
const kmsSource = 'kms.amazonaws.com';
const excludable = [kmsSource, 'rdsdata.amazonaws.com'];

/** What an account's trail leaves out, by the instant from which it does. */
interface Selection {
  at: number;
  logging: boolean;
  reads: 'All' | 'WriteOnly';
  excluded: readonly string[];
}

const everything: Omit<Selection, 'at'> = { logging: true, reads: 'All', excluded: [] };

export class CloudTrail {
  readonly #options: CloudTrailOptions;
  readonly #lake: EventDataStore;
  readonly #selections = new Map<string, Selection[]>();

  constructor(options: CloudTrailOptions) {
    this.#options = options;
    this.#lake = new EventDataStore(options);
  }

  /** @throws {AwsFault} */
  perform(operation: TrailOperation, call: AwsKmsCall): AwsOutput<TrailOperation> {
    const { principal, input, trace } = call;
    assertAllowed(call, operation);
    switch (operation) {
      case 'LookupEvents':
        return lookupPage({ ...call, log: this.#options.logOf(principal.account) });
      case 'PutEventSelectors':
        return this.#select(call);
      case 'GetEventSelectors':
        trace.parameters = { trailName: requiredText(input, 'TrailName') };
        return this.#selectors(principal.account);
      case 'DescribeTrails':
        return {
          trailList: [
            {
              Name: trailName,
              TrailARN: this.#arnOf(principal.account),
              S3BucketName: this.#options.trailBucket,
            },
          ],
        };
      case 'GetTrailStatus':
        return { IsLogging: this.#now(principal.account).logging };
      case 'StartLogging':
      case 'StopLogging':
        trace.parameters = { name: requiredText(input, 'Name') };
        this.#change(call, { logging: operation === 'StartLogging' });
        return {};
      default:
        return this.#lake.perform(operation, call);
    }
  }

  /** Whether the trail of an event's account leaves it out of its files. */
  excludes({ account, at, record }: StoredEvent): boolean {
    const inForce = this.#selections.get(account)?.findLast((one) => one.at <= at) ?? everything;
    const isRead = record.readOnly === true;
    return (
      !inForce.logging ||
      (isRead && inForce.reads === 'WriteOnly') ||
      inForce.excluded.some((source) => source === record.eventSource)
    );
  }

  #now(account: string): Omit<Selection, 'at'> {
    return this.#selections.get(account)?.at(-1) ?? everything;
  }

  #change({ principal: { account }, now }: AwsKmsCall, change: Partial<Selection>): void {
    const before = this.#selections.get(account) ?? [];
    this.#selections.set(account, [...before, { ...this.#now(account), ...change, at: now }]);
  }

  #arnOf(account: string): string {
    return `arn:aws:cloudtrail:${this.#options.region}:${account}:trail/${trailName}`;
  }

  #select(call: AwsKmsCall): AwsOutputs['PutEventSelectors'] {
    const { principal, input, trace } = call;
    const name = requiredText(input, 'TrailName');
    const selectors = objectList(input, 'EventSelectors');
    const excluded = selectors.flatMap((one) => excludedIn(one));
    trace.parameters = { trailName: name, eventSelectors: selectors.map(loggedSelector) };
    if (selectors.length === 0 || excluded.some((source) => !excludable.includes(source)))
      throw new AwsFault('InvalidEventSelectorsException', 'The event selectors are not valid.');
    const writesOnly = selectors.every(({ ReadWriteType }) => ReadWriteType === 'WriteOnly');
    this.#change(call, { excluded, reads: writesOnly ? 'WriteOnly' : 'All' });
    return this.#selectors(principal.account);
  }

  #selectors(account: string): TrailSelectors {
    const { reads, excluded } = this.#now(account);
    return {
      TrailARN: this.#arnOf(account),
      EventSelectors: [
        {
          ReadWriteType: reads,
          IncludeManagementEvents: true,
          ExcludeManagementEventSources: [...excluded],
        },
      ],
    };
  }
}

function assertAllowed({ principal }: AwsKmsCall, operation: TrailOperation): void {
  const action = `cloudtrail:${operation}`;
  if (identityAllows(principal, action)) return;
  const why = `because no identity-based policy allows the ${action} action`;
  const message = `User: ${principal.arn} is not authorized to perform: ${action} ${why}`;
  throw new AwsFault('AccessDeniedException', message);
}

function excludedIn(selector: Readonly<Record<string, unknown>>): string[] {
  const { ExcludeManagementEventSources: sources } = selector;
  return Array.isArray(sources) ? sources.map(String) : [];
}

const loggedSelector = (selector: Readonly<Record<string, unknown>>): JsonObject => ({
  readWriteType: String(selector.ReadWriteType ?? 'All'),
  includeManagementEvents: optionalFlag(selector, 'IncludeManagementEvents'),
  excludeManagementEventSources: excludedIn(selector),
});
