/** What a trail or an event data store says it leaves out, as far as whoever reads may ask. */
import {
  type AdvancedEventSelector,
  type CloudTrailClient,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventDataStoreCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
} from '@aws-sdk/client-cloudtrail';
import type { LogGap } from '../../shared/connection-view.ts';
import type { ReadSpan } from '../log-reader.ts';
import { retentionGap } from '../retention-gap.ts';

const kms = 'kms.amazonaws.com';

/** CloudTrail keeps its event history for 90 days. */
export const historyDays = 90;

/** Of the trail that writes into a bucket; nothing of one that cannot be seen from here. */
export async function inspectTrail(client: CloudTrailClient, bucket: string): Promise<LogGap[]> {
  const { trailList = [] } = await client.send(new DescribeTrailsCommand({}));
  const trail = trailList.find(({ S3BucketName }) => S3BucketName === bucket);
  if (trail?.TrailARN === undefined) return [];
  const { TrailARN, Name = TrailARN } = trail;
  const gaps: LogGap[] = [];
  const { IsLogging } = await client.send(new GetTrailStatusCommand({ Name: TrailARN }));
  if (IsLogging === false)
    gaps.push({
      code: 'not-logging',
      evidence: `The trail ${Name} writes nothing: its logging is stopped.`,
      fix: `aws cloudtrail start-logging --name ${TrailARN}`,
    });
  const selectors = await client.send(new GetEventSelectorsCommand({ TrailName: TrailARN }));
  const { EventSelectors = [], AdvancedEventSelectors = [] } = selectors;
  const why = leftOut(EventSelectors, AdvancedEventSelectors);
  if (why !== null)
    gaps.push({
      code: 'kms-excluded',
      evidence: `The trail ${Name} ${why}.`,
      fix: `aws cloudtrail put-event-selectors --trail-name ${TrailARN} --event-selectors '[{"ReadWriteType":"All","IncludeManagementEvents":true}]'`,
    });
  return gaps;
}

/** Of an event data store of CloudTrail Lake. */
export async function inspectStore(
  client: CloudTrailClient,
  store: string,
  span: ReadSpan,
): Promise<LogGap[]> {
  const command = new GetEventDataStoreCommand({ EventDataStore: store });
  const { AdvancedEventSelectors = [], Status, RetentionPeriod } = await client.send(command);
  const gaps: LogGap[] = [];
  if (Status !== undefined && Status !== 'ENABLED')
    gaps.push({
      code: 'not-logging',
      evidence: `The event data store takes no events: it is ${Status}.`,
      fix: `aws cloudtrail start-event-data-store-ingestion --event-data-store ${store}`,
    });
  const why = leftOut([], AdvancedEventSelectors);
  if (why !== null)
    gaps.push({
      code: 'kms-excluded',
      evidence: `The event data store ${why}.`,
      fix: `aws cloudtrail update-event-data-store --event-data-store ${store} --advanced-event-selectors '[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]'`,
    });
  const more = 'Give files of the trail: npx keytide import PATH';
  return [...gaps, ...retentionGap(span, { days: RetentionPeriod ?? null, fix: more })];
}

/** Why uses of keys, which are management events that read, are left out; null where they are not. */
function leftOut(
  basic: readonly EventSelector[],
  advanced: readonly AdvancedEventSelector[],
): string | null {
  const whys = [...basic.map(basicWhy), ...advanced.map(advancedWhy)];
  // One selector that takes them is enough.
  return whys.length === 0 || whys.includes(null) ? null : (whys[0] ?? null);
}

function basicWhy(selector: EventSelector): string | null {
  const { IncludeManagementEvents, ReadWriteType } = selector;
  if (IncludeManagementEvents === false) return 'takes no management events';
  if (ReadWriteType === 'WriteOnly')
    return 'takes events that write only; Encrypt and Decrypt read';
  return selector.ExcludeManagementEventSources?.includes(kms)
    ? `leaves out ${kms} (ExcludeManagementEventSources)`
    : null;
}

function advancedWhy({ FieldSelectors = [] }: AdvancedEventSelector): string | null {
  const of = (field: string) => FieldSelectors.filter(({ Field }) => Field === field);
  const isOther = (values: string[] | undefined, wanted: string) =>
    values !== undefined && values.length > 0 && !values.includes(wanted);
  if (of('eventCategory').some(({ Equals }) => isOther(Equals, 'Management')))
    return 'takes no management events';
  if (of('readOnly').some(({ Equals }) => isOther(Equals, 'true')))
    return 'takes events that write only; Encrypt and Decrypt read';
  const left = of('eventSource').some(
    ({ Equals, NotEquals }) => isOther(Equals, kms) || NotEquals?.includes(kms),
  );
  return left ? `leaves out ${kms} (eventSource)` : null;
}
