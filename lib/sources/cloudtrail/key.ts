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

/** A request names two keys at most; a longer list is cut. */
const keysMax = 4;

/**
 * The keys a KMS event is about, ReEncrypt's source first: ARNs of its resources, else what the caller or the service
 * event names, else an alias. A bare id becomes an ARN only where the record tells Region and owner. Aliases stay: the
 * record does not tell which key they meant then.
 */
export function readKeys(event: Fields): string[] {
  const keys = new Set<string>();
  let aliasArn: string | null = null;
  for (const one of list(field(event, 'resources')) ?? []) {
    const resource = object(one);
    const arn = text(resource, 'ARN') ?? text(resource, 'arn');
    const kind = arn === null ? undefined : kmsArn.exec(arn)?.[1];
    if (kind === 'key' && arn !== null && keys.size < keysMax) keys.add(arn);
    if (kind === 'alias') aliasArn ??= arn;
  }
  if (keys.size === 0) for (const named of namedKeys(event)) keys.add(named);
  if (keys.size === 0 && aliasArn !== null) keys.add(aliasArn);
  return [...keys];
}

function namedKeys(event: Fields): string[] {
  const parameters = object(field(event, 'requestParameters'));
  const named = [
    text(parameters, 'keyId'),
    text(parameters, 'sourceKeyId'),
    text(parameters, 'destinationKeyId'),
    text(object(field(event, 'serviceEventDetails')), 'keyId'),
  ].flatMap((name) => name ?? []);
  const [first] = named;
  const all = text(parameters, 'keyId') === null ? named : first === undefined ? [] : [first];
  return all.map((name) => (bareKeyId.test(name) ? withOwner(event, name) : name));
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
