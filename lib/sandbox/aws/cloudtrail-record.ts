import { isReadOnly, isTrailOperation } from './api.ts';
import type { ApiCall, JsonObject } from './api-call.ts';
import { identityArn, type Principal } from './principals.ts';

/** One event in CloudTrail's own shape; members are as its record reference names them. */
export type CloudTrailRecord = JsonObject;

const isoSeconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/**
 * The form of dates inside `requestParameters` and `responseElements`, such as "Dec 7, 2022,
 * 10:37:45 PM".
 */
export function cloudTrailDate(ms: number): string {
  const date = new Date(ms);
  const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
  const month = months.slice(date.getUTCMonth() * 3, date.getUTCMonth() * 3 + 3);
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = date.getUTCHours();
  const time = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = `${month} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
  return `${day}, ${time} ${hour < 12 ? 'AM' : 'PM'}`;
}

export const eventSourceOf = ({ operation }: ApiCall): string =>
  isTrailOperation(operation) ? 'cloudtrail.amazonaws.com' : 'kms.amazonaws.com';

/** The record of a call as it is delivered to one account's log. */
export function cloudTrailRecord(
  call: ApiCall,
  copy: { account: string; eventId: string; addendum?: JsonObject },
): CloudTrailRecord {
  const { trace, fault, principal } = call;
  const { key, materialId } = trace;
  const own = copy.account === principal.account;
  return {
    eventVersion: '1.11',
    userIdentity: own ? userIdentity(principal) : foreignIdentity(principal),
    eventTime: isoSeconds(call.at),
    eventSource: eventSourceOf(call),
    eventName: call.operation,
    awsRegion: call.region,
    sourceIPAddress: call.sourceIp,
    userAgent: call.userAgent,
    ...(fault ? { errorCode: loggedCode(fault.code) } : {}),
    ...(fault?.message ? { errorMessage: fault.message } : {}),
    requestParameters: trace.parameters,
    responseElements: trace.response,
    ...(materialId !== null ? { additionalEventData: { keyMaterialId: materialId } } : {}),
    requestID: call.requestId,
    eventID: copy.eventId,
    readOnly: isReadOnly(call.operation),
    ...(key
      ? { resources: [{ accountId: key.account, type: 'AWS::KMS::Key', ARN: key.arn }] }
      : {}),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: copy.account,
    ...(call.sharedEventId !== null ? { sharedEventID: call.sharedEventId } : {}),
    ...(copy.addendum && { addendum: copy.addendum }),
    eventCategory: 'Management',
  };
}

/** What KMS does to a key by itself: the events of it name no caller and no request. */
export function serviceRecord(event: {
  name: 'RotateKey' | 'DeleteKey';
  at: number;
  region: string;
  eventId: string;
  key: { arn: string; account: string };
  details?: JsonObject;
}): CloudTrailRecord {
  const { arn, account } = event.key;
  return {
    eventVersion: '1.11',
    userIdentity: { accountId: account, invokedBy: 'AWS Internal' },
    eventTime: isoSeconds(event.at),
    eventSource: 'kms.amazonaws.com',
    eventName: event.name,
    awsRegion: event.region,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    eventID: event.eventId,
    readOnly: false,
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: account,
    ...(event.details && { serviceEventDetails: event.details }),
    eventCategory: 'Management',
  };
}

/** KMS answers `AccessDeniedException`, but its events say `AccessDenied`. */
const loggedCode = (code: string) => (code === 'AccessDeniedException' ? 'AccessDenied' : code);

function userIdentity(principal: Principal): JsonObject {
  const { principalId, arn, account, accessKeyId, name } = principal;
  const who = { principalId, arn, accountId: account, accessKeyId };
  if (principal.kind === 'user') return { type: 'IAMUser', ...who, userName: name };
  const [roleId = ''] = principalId.split(':');
  return {
    type: 'AssumedRole',
    ...who,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: roleId,
        arn: identityArn(principal),
        accountId: account,
        userName: name,
      },
      attributes: { creationDate: isoSeconds(principal.createdAt), mfaAuthenticated: 'false' },
    },
  };
}

/** What a key's owner learns of a caller from another account: no ARN, no access key. */
const foreignIdentity = ({ principalId, account }: Principal): JsonObject => ({
  type: 'AWSAccount',
  principalId,
  accountId: account,
});
