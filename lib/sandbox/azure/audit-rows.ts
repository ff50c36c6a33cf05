/** One event of a vault's log in each of the forms in which it is exported: two tables, and a record in a blob. */
import type { AzureKeyEntry } from './cloud.ts';
import type { KeyVaultJson } from './key-messages.ts';
import { type KqlType, type KqlValue, ticksOf, ticksText } from './kql/values.ts';

/** An event as it is kept. */
export interface VaultLogRow {
  readonly entry: AzureKeyEntry;
  /** Id of the vault's resource, in the letter case it is logged in. */
  readonly resourceId: string;
  readonly tenantId: string;
  /** The part of its time below a millisecond, in ticks of 100 ns. */
  readonly ticks: number;
  readonly durationMs: number;
  readonly correlationId: string;
}

type Read = (row: VaultLogRow) => KqlValue;
type Columns = ReadonlyMap<string, readonly [type: KqlType, read: Read]>;

const apiVersion = '2025-07-01';
const timeOf = ({ entry, ticks }: VaultLogRow): bigint => ticksOf(entry.at) + BigInt(ticks);

const signatures = new Map([
  [200, 'OK'],
  [204, 'No Content'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [409, 'Conflict'],
  [429, 'Too Many Requests'],
]);

const signatureOf = ({ entry }: VaultLogRow) =>
  signatures.get(entry.httpStatus) ?? String(entry.httpStatus);

const objectIdClaim = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

const claimOf = ({ entry }: VaultLogRow): KeyVaultJson =>
  entry.principal === null
    ? {}
    : { claim: { [objectIdClaim]: entry.principal.objectId, appid: entry.principal.appId } };

const description = ({ entry }: VaultLogRow) => entry.fault?.message ?? '';
/** Says Success of failures too; only the HTTP status tells them apart. */
const resultType = 'Success';

/** The resource-specific table. */
export const auditLogs: Columns = new Map([
  ['TenantId', ['string', ({ tenantId }) => tenantId]],
  ['TimeGenerated', ['datetime', timeOf]],
  ['OperationName', ['string', ({ entry }) => entry.operationName]],
  ['OperationVersion', ['string', () => apiVersion]],
  ['ResultType', ['string', () => resultType]],
  ['ResultSignature', ['string', signatureOf]],
  ['ResultDescription', ['string', description]],
  ['DurationMs', ['int', ({ durationMs }) => durationMs]],
  ['CallerIpAddress', ['string', ({ entry }) => entry.callerIp]],
  ['CorrelationId', ['string', ({ correlationId }) => correlationId]],
  ['Identity', ['dynamic', claimOf]],
  ['ClientInfo', ['string', ({ entry }) => entry.userAgent]],
  ['HttpStatusCode', ['int', ({ entry }) => entry.httpStatus]],
  ['RequestUri', ['string', ({ entry }) => entry.requestUri]],
  ['Id', ['string', ({ entry }) => entry.id ?? '']],
  ['Algorithm', ['string', ({ entry }) => entry.algorithm ?? '']],
  ['IsRbacAuthorized', ['bool', ({ entry }) => entry.access?.isRbacAuthorized ?? null]],
  ['IsAccessPolicyMatch', ['bool', ({ entry }) => entry.access?.isAccessPolicyMatch ?? null]],
  ['IsAddressAuthorized', ['bool', ({ entry }) => entry.access?.isAddressAuthorized ?? null]],
  ['AppliedAssignmentId', ['string', ({ entry }) => entry.access?.appliedAssignmentId ?? '']],
  ['TrustedService', ['string', ({ entry }) => entry.trustedService ?? '']],
  ['TlsVersion', ['string', () => 'TLS1_3']],
  ['Properties', ['dynamic', () => null]],
  ['SourceSystem', ['string', () => 'Azure']],
  ['Type', ['string', () => 'AZKVAuditLogs']],
  ['_ResourceId', ['string', ({ resourceId }) => resourceId.toLowerCase()]],
] satisfies [string, [KqlType, Read]][]);

/** The older table that all services share. */
export const diagnostics: Columns = new Map([
  ['TenantId', ['string', ({ tenantId }) => tenantId]],
  ['TimeGenerated', ['datetime', timeOf]],
  ['ResourceId', ['string', ({ resourceId }) => resourceId.toUpperCase()]],
  ['Category', ['string', () => 'AuditEvent']],
  ['ResourceProvider', ['string', () => 'MICROSOFT.KEYVAULT']],
  ['OperationName', ['string', ({ entry }) => entry.operationName]],
  ['OperationVersion', ['string', () => apiVersion]],
  ['ResultType', ['string', () => resultType]],
  ['ResultSignature', ['string', signatureOf]],
  ['ResultDescription', ['string', description]],
  ['DurationMs', ['long', ({ durationMs }) => durationMs]],
  ['CallerIPAddress', ['string', ({ entry }) => entry.callerIp]],
  ['CorrelationId', ['string', ({ correlationId }) => correlationId]],
  ['identity_claim_appid_g', ['string', ({ entry }) => entry.principal?.appId ?? '']],
  [
    'identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g',
    ['string', ({ entry }) => entry.principal?.objectId ?? ''],
  ],
  ['clientInfo_s', ['string', ({ entry }) => entry.userAgent]],
  ['httpStatusCode_d', ['real', ({ entry }) => entry.httpStatus]],
  ['requestUri_s', ['string', ({ entry }) => entry.requestUri]],
  ['id_s', ['string', ({ entry }) => entry.id ?? '']],
  ['algorithm_s', ['string', ({ entry }) => entry.algorithm ?? '']],
  ['isRbacAuthorized_b', ['bool', ({ entry }) => entry.access?.isRbacAuthorized ?? null]],
  ['isAccessPolicyMatch_b', ['bool', ({ entry }) => entry.access?.isAccessPolicyMatch ?? null]],
  ['isAddressAuthorized_b', ['bool', ({ entry }) => entry.access?.isAddressAuthorized ?? null]],
  ['appliedAssignmentId_s', ['string', ({ entry }) => entry.access?.appliedAssignmentId ?? '']],
  ['trustedService_s', ['string', ({ entry }) => entry.trustedService ?? '']],
  ['tlsVersion_s', ['string', () => 'TLS1_3']],
  ['Type', ['string', () => 'AzureDiagnostics']],
  ['_ResourceId', ['string', ({ resourceId }) => resourceId.toLowerCase()]],
] satisfies [string, [KqlType, Read]][]);

/** A line of a blob. */
export function blobRecord(row: VaultLogRow): KeyVaultJson {
  const { entry, resourceId, durationMs, correlationId } = row;
  const { callerIp, userAgent, requestUri, id, httpStatus, access, algorithm } = entry;
  return {
    time: ticksText(timeOf(row)),
    category: 'AuditEvent',
    operationName: entry.operationName,
    resultType,
    resultSignature: signatureOf(row),
    resultDescription: description(row),
    correlationId,
    callerIpAddress: callerIp,
    identity: claimOf(row),
    properties: {
      clientInfo: userAgent,
      requestUri,
      ...(id !== null && { id }),
      httpStatusCode: httpStatus,
      ...(algorithm !== null && { algorithm }),
      ...access,
      ...(entry.trustedService !== undefined && { trustedService: entry.trustedService }),
      tlsVersion: 'TLS1_3',
    },
    resourceId: resourceId.toUpperCase(),
    operationVersion: apiVersion,
    durationMs: String(durationMs),
  };
}

/** The blob that an event of a resource goes to: one an hour, named by when it happened. */
export function blobNameOf({ resourceId, entry }: VaultLogRow): string {
  const [, y, m, d, h] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d)/.exec(new Date(entry.at).toISOString()) ?? [];
  return `resourceId=${resourceId.toUpperCase()}/y=${y}/m=${m}/d=${d}/h=${h}/m=00/PT1H.json`;
}
