/** Uses and changes of one key as each cloud writes them into its log: raw records, for the parsers to read. */
import { azureRow, gcpEntry, gcpKey, gcpKeyName, keyVersion, vaultKey } from './cloud-records.ts';
import { customer, keyArn, service } from './records.ts';

export type DrillCloud = 'aws' | 'gcp' | 'azure';
export type DrillHow =
  | 'disable'
  | 'schedule'
  | 'policy'
  | 'grant'
  | 'iam'
  | 'trust'
  /** What undoes it. */
  | 'enable'
  | 'give';

export const drillKeys: Readonly<Record<DrillCloud, string>> = {
  aws: keyArn,
  gcp: gcpKey,
  azure: vaultKey,
};

/** How a key of each cloud is revoked. */
export const waysOf: Readonly<Record<DrillCloud, readonly DrillHow[]>> = {
  aws: ['disable', 'schedule', 'policy', 'grant', 'iam', 'trust'],
  gcp: ['disable', 'schedule', 'policy'],
  azure: ['disable', 'schedule', 'policy'],
};

export interface LoggedUse {
  at: number;
  operation: 'Encrypt' | 'Decrypt';
  refused: 'state' | 'permission' | null;
  /** Who asks: the principal, and the session where the cloud tells one. */
  principal: string;
  session: string;
  requestId: string;
  claim: string | null;
  eventId: string;
}

/** The event of a use, in the key owner's log. */
export function useRecord(cloud: DrillCloud, use: LoggedUse): object {
  const { at, operation, refused, principal, session, requestId, claim, eventId } = use;
  if (cloud === 'gcp') {
    const message =
      refused === 'state'
        ? `${gcpKeyName} is not enabled, current state is: DISABLED.`
        : 'Permission denied';
    return gcpEntry({
      timestamp: timeOf(at, 9),
      insertId: eventId,
      methodName: operation,
      principal,
      callerIp: session,
      ...(claim !== null && { reason: claim }),
      ...(refused !== null && { failure: { code: refused === 'state' ? 9 : 7, message } }),
    });
  }
  if (cloud === 'azure')
    return azureRow({
      time: timeOf(at, 7),
      operation: operation === 'Encrypt' ? 'KeyWrap' : 'KeyUnwrap',
      correlationId: requestId,
      appId: principal,
      callerIp: session,
      path: `/${keyVersion}/key`,
      status: refused === null ? 200 : 403,
      ...(refused === 'state' && { description: 'Operation is not allowed: the key is disabled.' }),
    });
  const role = `arn:aws:sts::${service}:assumed-role/${principal}/${session}`;
  return trailRecord({
    at,
    eventId,
    operation,
    requestID: requestId,
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROA${principal.toUpperCase()}:${session}`,
      arn: role,
      accountId: service,
    },
    sourceIPAddress: '203.0.113.9',
    ...(claim !== null && { userAgent: `aws-sdk-js/3 ${claim}` }),
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
    resources: [{ ARN: keyArn, accountId: customer, type: 'AWS::KMS::Key' }],
    ...(refused !== null && {
      errorCode: refused === 'state' ? 'DisabledException' : 'AccessDenied',
    }),
  });
}

/** The event of a change, made by the key's owner. */
export function changeRecord(
  cloud: DrillCloud,
  change: { at: number; how: DrillHow; undoes: DrillHow | null; eventId: string; role: string },
): object {
  const { at, how, undoes, eventId } = change;
  if (cloud === 'gcp') return gcpChange(at, how, eventId);
  if (cloud === 'azure') return azureChange(at, { how, undoes, eventId });
  const admin = { type: 'IAMUser', principalId: 'AIDAADMIN', accountId: customer };
  const operation = awsOperation(how, undoes);
  const ofIam = how === 'iam' || how === 'trust' || (how === 'give' && isIam(undoes));
  return trailRecord({
    at,
    eventId,
    operation,
    userIdentity: { ...admin, arn: `arn:aws:iam::${customer}:user/admin`, userName: 'admin' },
    ...(ofIam
      ? { eventSource: 'iam.amazonaws.com', requestParameters: { roleName: change.role } }
      : {
          requestParameters: { keyId: keyArn },
          resources: [{ ARN: keyArn, accountId: customer, type: 'AWS::KMS::Key' }],
        }),
  });
}

/** Somebody looks at the key, as is done at any time. */
export function lookRecord(cloud: DrillCloud, at: number): object {
  const eventId = 'look';
  if (cloud === 'gcp')
    return gcpEntry({ timestamp: timeOf(at, 9), insertId: eventId, methodName: 'GetCryptoKey' });
  if (cloud === 'azure')
    return azureRow({ time: timeOf(at, 7), correlationId: eventId, operation: 'KeyGet', path: '' });
  return trailRecord({
    ...{ at, eventId, operation: 'DescribeKey' },
    userIdentity: { type: 'IAMUser', principalId: 'AIDAADMIN', accountId: customer },
    resources: [{ ARN: keyArn, accountId: customer, type: 'AWS::KMS::Key' }],
  });
}

const isIam = (how: DrillHow | null) => how === 'iam' || how === 'trust';

function awsOperation(how: DrillHow, undoes: DrillHow | null): string {
  switch (how) {
    case 'disable':
      return 'DisableKey';
    case 'schedule':
      return 'ScheduleKeyDeletion';
    case 'policy':
      return 'PutKeyPolicy';
    case 'grant':
      return 'RevokeGrant';
    case 'iam':
      return 'DetachRolePolicy';
    case 'trust':
      return 'UpdateAssumeRolePolicy';
    case 'enable':
      return 'EnableKey';
    case 'give':
      return undoes === 'grant'
        ? 'CreateGrant'
        : undoes === 'iam'
          ? 'AttachRolePolicy'
          : undoes === 'trust'
            ? 'UpdateAssumeRolePolicy'
            : 'PutKeyPolicy';
  }
}

function gcpChange(at: number, how: DrillHow, insertId: string): object {
  const given = { timestamp: timeOf(at, 9), insertId, principal: 'admin@acme.example' };
  const version = `${gcpKeyName}/cryptoKeyVersions/1`;
  const log = 'activity' as const;
  if (how === 'disable' || how === 'enable')
    return gcpEntry({
      ...{ ...given, log, methodName: 'UpdateCryptoKeyVersion', resourceName: version },
      request: {
        cryptoKeyVersion: { name: version, state: how === 'disable' ? 'DISABLED' : 'ENABLED' },
        updateMask: 'state',
      },
    });
  const methodName = how === 'schedule' ? 'DestroyCryptoKeyVersion' : 'SetIamPolicy';
  return gcpEntry({ ...given, log, methodName, resourceName: gcpKeyName });
}

function azureChange(
  at: number,
  { how, undoes, eventId }: { how: DrillHow; undoes: DrillHow | null; eventId: string },
): object {
  const given = { time: timeOf(at, 7), correlationId: eventId, appId: 'admin-app' };
  if (how === 'enable' && undoes === 'schedule')
    return azureRow({ ...given, operation: 'KeyRecover', path: '' });
  if (how === 'disable' || how === 'enable')
    return azureRow({
      ...{ ...given, operation: 'KeyUpdate', path: `/${keyVersion}` },
      properties: { keyProperties: { attributes: { enabled: how === 'enable' } } },
    });
  if (how === 'schedule') return azureRow({ ...given, operation: 'KeyDelete', path: '' });
  const row = azureRow({ ...given, operation: 'VaultPatch', path: '' });
  const { id: _, requestUri: __, ...properties } = row.properties;
  return { ...row, properties };
}

function trailRecord({
  at,
  eventId,
  operation,
  ...rest
}: { at: number; eventId: string; operation: string } & Record<string, unknown>): object {
  return {
    eventVersion: '1.11',
    eventTime: new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000', ''),
    eventID: eventId,
    eventName: operation,
    eventSource: 'kms.amazonaws.com',
    awsRegion: 'eu-central-1',
    recipientAccountId: customer,
    eventType: 'AwsApiCall',
    ...rest,
  };
}

const timeOf = (at: number, digits: number): string =>
  new Date(Math.floor(at)).toISOString().replace('Z', `${'0'.repeat(digits - 3)}Z`);
