/**
 * An OCSF API activity of AWS, as Security Lake writes it, as the CloudTrail record it was made
 * from. Versions differ in where they put things, so each is looked for where any had it.
 */
import { type Fields, field, list, object, text } from './fields.ts';

export function isOcsf(value: Fields): boolean {
  const api = object(field(value, 'api'));
  return text(api, 'operation') !== null && text(object(field(api, 'service')), 'name') !== null;
}

export function fromOcsf(value: Fields): Fields {
  const of = (...path: string[]): unknown =>
    path.reduce<unknown>((from, name) => field(object(from), name), value);
  const unmapped = unmappedOf(of('unmapped'));
  const own = (name: string): unknown => unmapped.get(name);
  return {
    eventSource: of('api', 'service', 'name'),
    eventName: of('api', 'operation'),
    eventID: of('metadata', 'uid') ?? of('metadata', 'event_code') ?? own('eventID'),
    eventTime: of('time_dt') ?? of('time') ?? own('eventTime'),
    eventType: of('metadata', 'event_code') ?? own('eventType'),
    requestID: of('api', 'request', 'uid'),
    errorCode: of('api', 'response', 'error'),
    awsRegion: of('cloud', 'region'),
    recipientAccountId:
      own('recipientAccountId') ?? of('cloud', 'account', 'uid') ?? of('cloud', 'account_uid'),
    sharedEventID: own('sharedEventID') ?? of('metadata', 'correlation_uid'),
    sourceIPAddress: of('src_endpoint', 'ip') ?? of('src_endpoint', 'domain'),
    userAgent: of('http_request', 'user_agent'),
    userIdentity: identityOf(of),
    requestParameters: parametersOf(of('api', 'request', 'data'), unmapped),
    resources: (list(of('resources')) ?? []).map((resource) => ({
      ARN: field(object(resource), 'uid'),
      type: field(object(resource), 'type'),
    })),
  };
}

function identityOf(of: (...path: string[]) => unknown): Fields {
  const ids = [of('actor', 'user', 'uid'), of('actor', 'user', 'uid_alt')];
  const isArn = (id: unknown) => typeof id === 'string' && id.startsWith('arn:');
  const issuer = of('actor', 'session', 'issuer');
  return {
    type: of('actor', 'user', 'type'),
    principalId: ids.find((id) => typeof id === 'string' && !isArn(id)),
    arn: ids.find(isArn),
    userName: of('actor', 'user', 'name'),
    accountId: of('actor', 'user', 'account', 'uid') ?? of('actor', 'user', 'account_uid'),
    invokedBy: of('actor', 'invoked_by'),
    ...(isArn(issuer) && { sessionContext: { sessionIssuer: { arn: issuer } } }),
  };
}

/** An object, or a list of `[name, value]` pairs as Parquet maps come. */
function unmappedOf(value: unknown): ReadonlyMap<string, unknown> {
  const pairs = list(value);
  if (pairs === null) return new Map(Object.entries(object(value) ?? {}));
  return new Map(
    pairs.flatMap((pair): [string, unknown][] => {
      const [name, content] = list(pair) ?? [
        field(object(pair), 'key'),
        field(object(pair), 'value'),
      ];
      return typeof name === 'string' ? [[name, content]] : [];
    }),
  );
}

function parametersOf(data: unknown, unmapped: ReadonlyMap<string, unknown>): unknown {
  if (typeof data === 'string') {
    try {
      return JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (object(data)) return data;
  const prefix = 'requestParameters.';
  const named = [...unmapped].filter(([name]) => name.startsWith(prefix));
  if (named.length === 0) return unmapped.get('requestParameters') ?? null;
  const context = named.flatMap(([name, value]): [string, unknown][] => {
    const inContext = `${prefix}encryptionContext.`;
    return name.startsWith(inContext) ? [[name.slice(inContext.length), value]] : [];
  });
  const plain = named.map(([name, value]): [string, unknown] => [name.slice(prefix.length), value]);
  return {
    ...Object.fromEntries(plain),
    ...(context.length > 0 && { encryptionContext: Object.fromEntries(context) }),
  };
}
