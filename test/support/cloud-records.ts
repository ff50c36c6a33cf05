/** Records as Google Cloud and Azure write them, in each form in which people have them. */

export const gcpKeyName = 'projects/acme/locations/europe-west3/keyRings/ring/cryptoKeys/kek';
export const gcpKey = `gcp-kms:${gcpKeyName}`;
export const gcpService = 'engine@acme-chat.iam.gserviceaccount.com';
const vaultKeyUrl = 'https://acme-vault.vault.azure.net/keys/kek';
export const vaultKey = `azure-kv:${vaultKeyUrl}`;
export const keyVersion = '0123456789abcdef0123456789abcdef';
export const azureApp = '00001111-aaaa-2222-bbbb-3333cccc4444';
const vaultResource =
  '/SUBSCRIPTIONS/AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/ACME-VAULT';

interface Failure {
  code: number;
  message: string;
}

export interface GcpGiven {
  /** RFC 3339 with nanoseconds. */
  timestamp?: string;
  insertId?: string;
  methodName?: string;
  principal?: string;
  reason?: string;
  userAgent?: string;
  callerIp?: string;
  failure?: Failure;
  resourceName?: string;
  request?: object;
  metadata?: object;
  log?: 'data_access' | 'activity' | 'system_event';
}

/** An entry of Cloud Logging, as its API gives it. */
export function gcpEntry(given: GcpGiven = {}) {
  const { methodName = 'Decrypt', resourceName = gcpKeyName, log = 'data_access' } = given;
  const timestamp = given.timestamp ?? '2026-11-23T12:00:00.123456789Z';
  return {
    protoPayload: {
      '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
      status: given.failure ?? {},
      authenticationInfo: { principalEmail: given.principal ?? gcpService },
      requestMetadata: {
        callerIp: given.callerIp ?? '203.0.113.7',
        callerSuppliedUserAgent: given.userAgent ?? 'keytide/1 grpc-node-js/1.14.7,gzip(gfe)',
        requestAttributes: {
          time: timestamp,
          auth: {},
          ...(given.reason !== undefined && { reason: given.reason }),
        },
      },
      serviceName: 'cloudkms.googleapis.com',
      methodName,
      resourceName,
      request: given.request ?? {
        '@type': `type.googleapis.com/google.cloud.kms.v1.${methodName}Request`,
        name: resourceName,
      },
      ...(given.metadata && { metadata: given.metadata }),
    },
    insertId: given.insertId ?? 'a1b2c3d4e5f6',
    resource: {
      type: 'cloudkms_cryptokey',
      labels: {
        key_ring_id: 'ring',
        crypto_key_id: 'kek',
        project_id: 'acme',
        location: 'europe-west3',
      },
    },
    timestamp,
    severity: 'INFO',
    logName: `projects/acme/logs/cloudaudit.googleapis.com%2F${log}`,
    receiveTimestamp: timestamp,
  };
}

/** The same entry as a row of the table that a log sink writes into BigQuery. */
export function bigQueryRow(given: GcpGiven = {}) {
  const { protoPayload, timestamp, ...rest } = gcpEntry(given);
  const { request, ...payload } = protoPayload;
  const audit = { ...payload, requestJson: JSON.stringify(request) };
  return {
    ...rest,
    protopayload_auditlog: audit,
    timestamp: timestamp.replace('T', ' ').replace(/(\.\d{6})\d*Z$/, '$1 UTC'),
  };
}

export interface AzureGiven {
  /** ISO 8601 with seven digits. */
  time?: string;
  operation?: string;
  correlationId?: string;
  status?: number;
  userAgent?: string;
  callerIp?: string;
  appId?: string | null;
  trustedService?: string;
  description?: string;
  properties?: object;
  /** Below the key's URL, such as `/unwrapkey`. */
  path?: string;
}

/** A row as a diagnostic setting exports it into a storage account or an Event Hub. */
export function azureRow(given: AzureGiven = {}) {
  const { operation = 'KeyUnwrap', status = 200, appId = azureApp } = given;
  const path = given.path ?? `/${keyVersion}/${operation.replace(/^Key/, '').toLowerCase()}key`;
  return {
    time: given.time ?? '2026-11-23T12:00:00.1234567Z',
    category: 'AuditEvent',
    operationName: operation,
    resultType: 'Success',
    correlationId: given.correlationId ?? 'b0b0b0b0-1111-2222-3333-444455556666',
    callerIpAddress: given.callerIp ?? '203.0.113.8',
    identity: appId === null ? {} : { claim: { oid: `oid-${appId}`, appid: appId } },
    properties: {
      id: `${vaultKeyUrl}/${keyVersion}`,
      clientInfo: given.userAgent ?? 'azsdk-js-keyvault-keys/4.10.2 Node/24.21.0',
      requestUri: `${vaultKeyUrl}${path}?api%2Dversion=2025-07-01`,
      httpStatusCode: status,
      isRbacAuthorized: status !== 403,
      tlsVersion: 'TLS1_3',
      ...(given.trustedService !== undefined && { trustedService: given.trustedService }),
      ...given.properties,
    },
    resourceId: vaultResource,
    operationVersion: '2025-07-01',
    resultSignature: status === 200 ? 'OK' : 'Forbidden',
    ...(given.description !== undefined && { resultDescription: given.description }),
    durationMs: '12',
  };
}

/** The same row of the table AZKVAuditLogs. */
export function logAnalyticsRow(given: AzureGiven = {}) {
  const { properties, identity, ...row } = azureRow(given);
  return {
    TenantId: '87654321-4321-4321-4321-111111111111',
    TimeGenerated: row.time,
    OperationName: row.operationName,
    ResultType: row.resultType,
    ResultSignature: row.resultSignature,
    ResultDescription: row.resultDescription ?? '',
    HttpStatusCode: properties.httpStatusCode,
    CorrelationId: row.correlationId,
    CallerIpAddress: row.callerIpAddress,
    ClientInfo: properties.clientInfo,
    Identity: JSON.stringify(identity),
    Id: properties.id,
    RequestUri: properties.requestUri,
    IsRbacAuthorized: properties.isRbacAuthorized,
    TrustedService: given.trustedService ?? '',
    Tlsversion: properties.tlsVersion,
    Type: 'AZKVAuditLogs',
    _ResourceId: row.resourceId.toLowerCase(),
  };
}

/** The same row of the older table AzureDiagnostics. */
export function diagnosticsRow(given: AzureGiven = {}) {
  const { properties, identity, ...row } = azureRow(given);
  return {
    TimeGenerated: row.time,
    ResourceId: row.resourceId,
    Category: row.category,
    ResourceProvider: 'MICROSOFT.KEYVAULT',
    OperationName: row.operationName,
    ResultType: row.resultType,
    CorrelationId: row.correlationId,
    CallerIPAddress: row.callerIpAddress,
    id_s: properties.id,
    clientInfo_s: properties.clientInfo,
    requestUri_s: properties.requestUri,
    httpStatusCode_d: properties.httpStatusCode,
    identity_claim_appid_g: identity.claim?.appid ?? '',
    identity_claim_oid_g: identity.claim?.oid ?? '',
    isRbacAuthorized_b: properties.isRbacAuthorized,
    tlsVersion_s: properties.tlsVersion,
    trustedService_s: given.trustedService ?? '',
    Type: 'AzureDiagnostics',
  };
}

/** Rows as a table of a query's answer: of the API and its clients alike. */
export function queryAnswer(rows: readonly object[], columnsName = 'columns') {
  const names = Object.keys(rows[0] ?? {});
  return {
    tables: [
      {
        name: 'PrimaryResult',
        [columnsName]: names.map((name) => ({ name, type: 'string' })),
        rows: rows.map((row) => Object.values(row)),
      },
    ],
  };
}
