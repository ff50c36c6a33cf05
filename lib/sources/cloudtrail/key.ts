import { type Fields, field, list, object, text } from './fields.ts';

const kmsArn = /^arn:[\w-]+:kms:[\w-]+:\d+:(key|alias)\//;
const bareKeyId = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;
const partitions: readonly (readonly [string, string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
];

/**
 * The key a KMS event is about: the key ARN among its resources, else what the caller named, else
 * what the service event names, else an alias ARN among its resources. A bare id becomes an ARN
 * only where the record itself tells Region and owner; aliases stay as they are, because which key
 * they meant then is not in the record.
 */
export function readKey(event: Fields): string | null {
  let aliasArn: string | null = null;
  for (const resource of list(field(event, 'resources')) ?? []) {
    const arn = text(object(resource), 'ARN');
    const kind = arn === null ? undefined : kmsArn.exec(arn)?.[1];
    if (kind === 'key') return arn;
    if (kind === 'alias') aliasArn ??= arn;
  }
  const named =
    text(object(field(event, 'requestParameters')), 'keyId') ??
    text(object(field(event, 'serviceEventDetails')), 'keyId');
  if (named === null) return aliasArn;
  return bareKeyId.test(named) ? withOwner(event, named) : named;
}

/**
 * A bare id names a key of the caller's account; whose that is, is certain only in that account's
 * own log.
 */
function withOwner(event: Fields, keyId: string): string {
  const region = text(event, 'awsRegion');
  const recipient = text(event, 'recipientAccountId');
  const caller = text(object(field(event, 'userIdentity')), 'accountId');
  if (region === null || recipient === null || (caller !== null && caller !== recipient)) {
    return keyId;
  }
  const partition = partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
  return `arn:${partition}:kms:${region}:${recipient}:key/${keyId}`;
}
