/** Google Cloud's and Azure's records: every form gives the same event, and what it says is read right. */
import { parseKeyUri } from '@keytide/crypto-core';
import { describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { outcomeOf } from '../../lib/domain/error-class.ts';
import { findInText, findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import {
  type AzureGiven,
  azureApp,
  azureRow,
  bigQueryRow,
  diagnosticsRow,
  type GcpGiven,
  gcpEntry,
  gcpKey,
  gcpKeyName,
  gcpService,
  keyVersion,
  logAnalyticsRow,
  queryAnswer,
  vaultKey,
} from '../support/cloud-records.ts';

function recordsIn(value: unknown): AuditRecord[] {
  return [...findRecords(value)].map(({ parsed }) => {
    if (parsed.kind !== 'record') throw new Error(JSON.stringify(parsed));
    return parsed.record;
  });
}

function recordIn(value: unknown): AuditRecord {
  const [record, ...more] = recordsIn(value);
  if (record === undefined || more.length > 0) throw new Error('not one record');
  return record;
}

const claim = 'keytide/1#engine-1.abcd1234.7.1#load.expired#0011223344556677';
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const gcp = (given: GcpGiven) => recordIn(gcpEntry(given));
const azure = (given: AzureGiven) => recordIn(azureRow(given));

const gcpForms: [string, (given?: GcpGiven) => unknown][] = [
  ['gcloud logging read --format=json', (given) => [gcpEntry(given)]],
  ['entries.list', (given) => ({ entries: [gcpEntry(given)], nextPageToken: 't' })],
  ['a BigQuery table', bigQueryRow],
  [
    'Pub/Sub messages',
    (given) => ({ message: { data: base64(gcpEntry(given)), messageId: '1' }, subscription: 's' }),
  ],
  [
    'gcloud pubsub subscriptions pull',
    (given) => [{ ackId: 'a', message: { data: base64(gcpEntry(given)), messageId: '1' } }],
  ],
  [
    'a table whose payload is text',
    (given) => {
      const { protoPayload, ...rest } = gcpEntry(given);
      return { ...rest, protoPayload: JSON.stringify(protoPayload) };
    },
  ],
  [
    'Log Analytics',
    (given) => {
      const { protoPayload, logName, insertId, ...rest } = gcpEntry(given);
      const {
        serviceName: service_name,
        methodName: method_name,
        resourceName: resource_name,
        authenticationInfo,
        requestMetadata,
        status,
      } = protoPayload;
      const audit_log = {
        ...{ service_name, method_name, resource_name, status },
        authentication_info: { principal_email: authenticationInfo.principalEmail },
        request_metadata: {
          caller_ip: requestMetadata.callerIp,
          caller_supplied_user_agent: requestMetadata.callerSuppliedUserAgent,
          request_attributes: requestMetadata.requestAttributes,
        },
      };
      return { ...rest, log_name: logName, insert_id: insertId, proto_payload: { audit_log } };
    },
  ],
];

const azureForms: [string, (given?: AzureGiven) => unknown][] = [
  ['JSON Lines of a storage account', azureRow],
  ['an Event Hub', (given) => [{ records: [azureRow(given)] }]],
  ['AZKVAuditLogs', (given) => [logAnalyticsRow(given)]],
  ['AzureDiagnostics', (given) => [diagnosticsRow(given)]],
  ['a query’s answer', (given) => queryAnswer([logAnalyticsRow(given)])],
  ['a client’s answer', (given) => queryAnswer([logAnalyticsRow(given)], 'columnDescriptors')],
  ['a query of the older table', (given) => queryAnswer([diagnosticsRow(given)])],
];

describe('Google Cloud', () => {
  test.each(gcpForms)('the form of %s gives the same event', (_, form) => {
    const { raw: _raw, facts, ...want } = gcp({ reason: claim });
    const { raw: _own, facts: found, ...record } = recordIn(form({ reason: claim }));
    expect(record).toEqual(want);
    expect(found.time.slice(0, 10)).toBe(facts.time.slice(0, 10));
  });

  test('an entry names key, operation, principal and outcome, and keeps all digits of its time', () => {
    expect(gcp({ reason: claim })).toMatchObject({
      provider: 'gcp',
      at: Date.parse('2026-11-23T12:00:00.123Z'),
      operation: 'Decrypt',
      action: 'decrypt',
      key: gcpKey,
      principal: gcpService,
      requestId: null,
      errorCode: null,
      sourceIp: '203.0.113.7',
      context: null,
      invokedBy: null,
      claim: { process: 'engine-1', seq: 7, cause: 'load.expired' },
      facts: {
        time: '2026-11-23T12:00:00.123456789Z',
        resolutionMs: 0.000001,
        claimIn: 'reason',
        reason: null,
      },
    });
  });

  test('a key’s id is the one that the engine calls it by', () => {
    expect(parseKeyUri(gcpKey).id).toBe(gcp({}).key);
    const version = gcp({ resourceName: `${gcpKeyName}/cryptoKeyVersions/3` });
    expect(version.key).toBe(parseKeyUri(`${gcpKey}/cryptoKeyVersions/3`).id);
    expect(version.facts.ids).toContainEqual(['cryptoKeyVersion', '3']);
  });

  test('a long name of a method is its last part', () => {
    const methodName = 'google.cloud.kms.v1.KeyManagementService.Encrypt';
    expect(gcp({ methodName })).toMatchObject({ operation: 'Encrypt', action: 'encrypt' });
  });

  test('a reason that is no claim stays a reason', () => {
    expect(gcp({ reason: 'CUSTOMER_INITIATED_SUPPORT' })).toMatchObject({
      claim: null,
      facts: { claimIn: null, reason: 'CUSTOMER_INITIATED_SUPPORT' },
    });
  });

  test.each<[string, number, string, string, string]>([
    ['disabled', 9, 'key is not enabled, current state is: DISABLED.', 'KEY_DISABLED', 'denied'],
    ['denied', 7, "Permission 'x' denied", 'PERMISSION_DENIED', 'denied'],
    ['absent', 5, 'CryptoKey k not found.', 'NOT_FOUND', 'denied'],
    ['an API off', 9, 'API has not been used', 'FAILED_PRECONDITION', 'outage'],
    [
      'a wrong key',
      3,
      'Decryption failed: the ciphertext is invalid.',
      'DECRYPTION_FAILED',
      'wrong-key',
    ],
    ['a quota', 8, 'Quota exceeded', 'RESOURCE_EXHAUSTED', 'throttled'],
    ['no answer', 14, 'unavailable', 'UNAVAILABLE', 'outage'],
  ])('%s is told apart', (_, code, message, errorCode, outcome) => {
    const record = gcp({ failure: { code, message } });
    expect([record.errorCode, record.facts.error]).toEqual([errorCode, message]);
    expect(outcomeOf(record.errorCode)).toBe(outcome);
  });

  test('Google’s own services are named: by their agent, by the context they give, old form and new', () => {
    const principal = 'service-123@gs-project-accounts.iam.gserviceaccount.com';
    expect(gcp({ principal }).invokedBy).toBe('gs-project-accounts');
    const context = 'bigquery.googleapis.com';
    expect(gcp({ metadata: { entries: { caller_provided_context: context } } }).invokedBy).toBe(
      context,
    );
    expect(gcp({ request: { name: gcpKeyName, callerProvidedContext: context } }).invokedBy).toBe(
      context,
    );
  });

  test.each<[string, string, object]>([
    [
      'disable',
      'UpdateCryptoKeyVersion',
      { updateMask: 'state', cryptoKeyVersion: { state: 'DISABLED' } },
    ],
    [
      'enable',
      'UpdateCryptoKeyVersion',
      { updateMask: { paths: ['state'] }, cryptoKeyVersion: { state: 1 } },
    ],
    ['schedule', 'DestroyCryptoKeyVersion', {}],
    ['cancel', 'RestoreCryptoKeyVersion', {}],
    ['policy', 'SetIamPolicy', {}],
    ['rotation', 'UpdateCryptoKeyPrimaryVersion', {}],
    ['rotation', 'UpdateCryptoKey', { updateMask: 'rotationPeriod,nextRotationTime' }],
    ['other', 'UpdateCryptoKey', { updateMask: 'labels' }],
    ['other', 'GetCryptoKey', {}],
  ])('%s is what %s did', (action, methodName, request) => {
    expect(gcp({ methodName, request, log: 'activity' })).toMatchObject({ action, key: gcpKey });
  });

  test('a rotation by the service itself is an event of its key', () => {
    const { protoPayload: _, ...rest } = gcpEntry({ log: 'system_event' });
    const type = 'type.googleapis.com/google.cloud.kms.logging.v1.CryptoKeyEvent';
    const jsonPayload = { '@type': type, rotationEvent: { status: {} } };
    expect(recordIn({ ...rest, jsonPayload })).toMatchObject({
      operation: 'CryptoKeyEvent',
      action: 'rotation',
      key: gcpKey,
      principal: 'cloudkms.googleapis.com',
    });
  });

  test('entries without an id of their own are told apart by what they hold', () => {
    const bare = (timestamp: string) => {
      const { insertId: _, ...entry } = gcpEntry({ timestamp });
      return recordIn(entry).eventId;
    };
    const [at, later] = ['2026-11-23T12:00:00.123456789Z', '2026-11-23T12:00:00.123456790Z'];
    expect(bare(at)).toBe(bare(at));
    expect(bare(at)).not.toBe(bare(later));
  });

  test('entries of other services are left out, those without a time refused', () => {
    const of = (value: unknown) => [...findRecords(value)].map(({ parsed }) => parsed);
    const { protoPayload, ...rest } = gcpEntry();
    const storage = { ...protoPayload, serviceName: 'storage.googleapis.com' };
    expect(of({ ...rest, protoPayload: storage })).toEqual([
      { kind: 'ignored', reason: 'not-kms' },
    ]);
    expect(of({ ...gcpEntry(), timestamp: null })).toMatchObject([{ code: 'missing-field' }]);
    expect(of({ ...gcpEntry(), timestamp: 'noon' })).toMatchObject([{ code: 'time' }]);
  });
});

describe('Azure', () => {
  test.each(azureForms)('the form of %s gives the same event', (_, form) => {
    for (const status of [200, 403]) {
      const { raw: _raw, facts, ...want } = azure({ status });
      const { raw: _own, facts: found, recipientAccount, ...record } = recordIn(form({ status }));
      expect({ ...record, recipientAccount }).toEqual(want);
      expect(found.time).toBe(facts.time);
    }
  });

  test('a row names key, operation, principal and outcome, and keeps all digits of its time', () => {
    expect(azure({ userAgent: `sdk ${claim}` })).toMatchObject({
      provider: 'azure',
      at: Date.parse('2026-11-23T12:00:00.123Z'),
      operation: 'KeyUnwrap',
      action: 'decrypt',
      key: vaultKey,
      principal: azureApp,
      requestId: 'b0b0b0b0-1111-2222-3333-444455556666',
      errorCode: null,
      claim: { process: 'engine-1', seq: 7 },
      facts: {
        time: '2026-11-23T12:00:00.1234567Z',
        resolutionMs: 0.0001,
        claimIn: 'user-agent',
        network: expect.arrayContaining([['tlsVersion', 'TLS1_3']]),
        ids: expect.arrayContaining([['appid', azureApp]]),
      },
    });
  });

  test('a key’s id is the one that the engine calls it by, versions and spellings apart', () => {
    expect(parseKeyUri(`${vaultKey}/${keyVersion}`).id).toBe(azure({}).key);
    const id = 'HTTPS://ACME-Vault.vault.azure.net:443/keys/KEK';
    expect(azure({ properties: { id } }).key).toBe(vaultKey);
    const hsm = 'https://pool.managedhsm.azure.net/keys/kek';
    expect(azure({ properties: { id: hsm } }).key).toBe(parseKeyUri(`azure-kv:${hsm}`).id);
    const versionless = { id: undefined };
    expect(azure({ properties: versionless, path: '//unwrapkey' }).key).toBe(vaultKey);
  });

  test('a CorrelationId that is the client’s is a claim, no id of the server’s', () => {
    expect(azure({ correlationId: claim })).toMatchObject({
      requestId: null,
      claim: { seq: 7 },
      facts: { claimIn: 'client-id' },
    });
  });

  test.each<[number, object, string, string]>([
    [403, { isRbacAuthorized: false }, 'ForbiddenByRbac', 'denied'],
    [403, { isRbacAuthorized: null, isAccessPolicyMatch: false }, 'AccessDenied', 'denied'],
    [403, { isAddressAuthorized: false }, 'ForbiddenByFirewall', 'denied'],
    [404, {}, 'KeyNotFound', 'denied'],
    [409, {}, 'Conflict', 'denied'],
    [400, {}, 'BadParameter', 'wrong-key'],
    [429, {}, 'TooManyRequests', 'throttled'],
    [500, {}, 'Http500', 'outage'],
  ])('a status of %i counts, whatever ResultType says: %j', (status, properties, code, outcome) => {
    const { errorCode } = azure({ status, properties });
    expect([errorCode, outcomeOf(errorCode)]).toEqual([code, outcome]);
  });

  test('a disabled key is told from a denied caller', () => {
    const description = 'Operation unwrapKey is not allowed on a disabled key.';
    const { errorCode, facts } = azure({ status: 403, description });
    expect([errorCode, facts.error]).toEqual(['KeyDisabled', description]);
  });

  test('the challenge of a client’s first contact is neither a use nor a denial of one', () => {
    for (const operation of ['Authentication', 'KeyWrap', 'KeyGet'])
      expect(azure({ operation, status: 401, appId: null })).toMatchObject({
        action: 'challenge',
        principal: 'unknown',
      });
    expect(azure({ operation: 'KeyGet', status: 403 })).toMatchObject({ action: 'other' });
  });

  test('a trusted service of Azure’s says who a stranger is', () => {
    expect(azure({ trustedService: 'Microsoft.Storage' }).invokedBy).toBe('Microsoft.Storage');
    expect(azure({ trustedService: 'false' }).invokedBy).toBe(null);
  });

  test.each<[string, string, object]>([
    ['disable', 'KeyUpdate', { keyProperties: { attributes: { enabled: false } } }],
    ['enable', 'KeyUpdate', { keyProperties: { attributes: { enabled: true } } }],
    ['other', 'KeyUpdate', {}],
    ['schedule', 'KeyDelete', {}],
    ['cancel', 'KeyRecover', {}],
    ['destroy', 'KeyPurge', {}],
    ['rotation', 'KeyRotate', {}],
    ['policy', 'VaultPatch', {}],
  ])('%s is what %s did', (action, operation, properties) => {
    expect(azure({ operation, properties })).toMatchObject({ action, key: vaultKey });
  });

  test('secrets and certificates are no business of a KMS', () => {
    for (const operation of ['SecretGet', 'CertificateUpdate'])
      expect([...findRecords(azureRow({ operation }))]).toMatchObject([
        { parsed: { kind: 'ignored', reason: 'not-kms' } },
      ]);
  });

  test('a person is named by what people read', () => {
    const row = azureRow();
    const upn = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';
    const identity = { claim: { ...row.identity.claim, [upn]: 'ann@example.com' } };
    expect(recordIn({ ...row, identity }).principal).toBe('ann@example.com');
  });

  test('rows that differ in the seventh digit only are two events', () => {
    const ids = ['0000001', '0000002'].map(
      (part) => azure({ time: `2026-11-23T12:00:00.${part}Z` }).eventId,
    );
    expect(new Set(ids).size).toBe(2);
  });
});

test('base64 and lines of text give the records of every cloud', () => {
  const given = [gcpEntry(), azureRow()].map(base64);
  const found = given.flatMap((text) => findInText(text));
  expect(found.map(({ parsed }) => parsed.kind === 'record' && parsed.record.provider)).toEqual([
    'gcp',
    'azure',
  ]);
});
