/** Published records of all three clouds: what each file must give. */
import { relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AuditRecord } from '../../lib/domain/audit-record.ts';
import { outcomeOf } from '../../lib/domain/error-class.ts';
import { isAside, isUse } from '../../lib/domain/kms-operations.ts';
import { readAuditFiles } from '../../lib/sources/files/read-records.ts';
import { needSharedData, sharedData } from '../support/shared-data.ts';

/** KMS records of each file, by operation. */
const expected: readonly (readonly [file: string, operations: string])[] = [
  ['aws/awsdocs-kms-guide/ct-connect-keystore.0.json', 'ConnectCustomKeyStore 1'],
  ['aws/awsdocs-kms-guide/ct-create-keystore.0.json', 'CreateCustomKeyStore 1'],
  ['aws/awsdocs-kms-guide/ct-createalias.0.json', 'CreateAlias 1'],
  ['aws/awsdocs-kms-guide/ct-creategrant.0.json', 'CreateGrant 1'],
  ['aws/awsdocs-kms-guide/ct-createkey.0.json', 'CreateKey 1'],
  ['aws/awsdocs-kms-guide/ct-createkey.1.json', 'CreateKey 1'],
  ['aws/awsdocs-kms-guide/ct-createkey.2.json', 'CreateKey 1'],
  ['aws/awsdocs-kms-guide/ct-decrypt.2.json', 'Decrypt 1'],
  ['aws/awsdocs-kms-guide/ct-delete-key.0.json', 'DeleteKey 1'],
  ['aws/awsdocs-kms-guide/ct-delete-keystore.0.json', 'DeleteCustomKeyStore 1'],
  ['aws/awsdocs-kms-guide/ct-deleteexpiredkeymaterial.0.json', 'DeleteExpiredKeyMaterial 1'],
  ['aws/awsdocs-kms-guide/ct-describe-keystores.0.json', 'DescribeCustomKeyStores 1'],
  ['aws/awsdocs-kms-guide/ct-describekey.0.json', 'DescribeKey 1'],
  ['aws/awsdocs-kms-guide/ct-disconnect-keystore.0.json', 'DisconnectCustomKeyStore 1'],
  ['aws/awsdocs-kms-guide/ct-ec2one.0.json', 'GenerateDataKeyWithoutPlaintext 1'],
  ['aws/awsdocs-kms-guide/ct-enablekey.0.json', 'EnableKey 1'],
  ['aws/awsdocs-kms-guide/ct-enablekeyrotation.0.json', 'EnableKeyRotation 1'],
  ['aws/awsdocs-kms-guide/ct-generate-data-key-enclave.0.json', 'GenerateDataKey 1'],
  ['aws/awsdocs-kms-guide/ct-generatedatakeypair.0.json', 'GenerateDataKeyPair 1'],
  [
    'aws/awsdocs-kms-guide/ct-generatedatakeypairwithoutplaintext.0.json',
    'GenerateDataKeyPairWithoutPlaintext 1',
  ],
  ['aws/awsdocs-kms-guide/ct-generatedatakeyplaintext.0.json', 'GenerateDataKeyWithoutPlaintext 1'],
  ['aws/awsdocs-kms-guide/ct-generaterandom.0.json', 'GenerateRandom 1'],
  ['aws/awsdocs-kms-guide/ct-getkeypolicy.0.json', 'GetKeyPolicy 1'],
  ['aws/awsdocs-kms-guide/ct-getparametersforimport.0.json', 'GetParametersForImport 1'],
  ['aws/awsdocs-kms-guide/ct-listaliases.0.json', 'ListAliases 1'],
  ['aws/awsdocs-kms-guide/ct-rotatekey.0.json', 'RotateKey 1'],
  ['aws/awsdocs-kms-guide/ct-schedule-key-deletion.0.json', 'ScheduleKeyDeletion 1'],
  ['aws/awsdocs-kms-guide/ct-untagresource.0.json', 'UntagResource 1'],
  ['aws/awsdocs-kms-guide/ct-update-key-description.0.json', 'UpdateKeyDescription 1'],
  ['aws/awsdocs-kms-guide/ct-update-keystore.0.json', 'UpdateCustomKeyStore 1'],
  ['aws/awsdocs-kms-guide/ct-verify.0.json', 'Verify 1'],
  ['aws/awsdocs-kms-guide/ct-verifymac.0.json', 'VerifyMac 1'],
  ['aws/awsdocs-kms-guide/deleting-keys-determining-usage.0.json', 'GenerateDataKey 1'],
  ['aws/awsdocs-kms-guide/deleting-keys-determining-usage.1.json', 'Decrypt 1'],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1200Z_x9kHmzMa7cx6l9wM.json',
    'Decrypt 11, GenerateDataKey 5',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1205Z_dOIWyEekdNWhkpqY.json',
    'Decrypt 4',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1205Z_zs3JGxETHr59VpkX.json',
    'Decrypt 43, Encrypt 21, GenerateDataKey 3',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1210Z_QY5iPRtGUt0EpVaH.json',
    'Decrypt 4',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1210Z_vj0QE0Tf5ZmzMsCo.json',
    'Decrypt 9',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1215Z_MifI13MOmOjRfXzJ.json',
    'Decrypt 4',
  ],
  [
    'aws/invictus-ir/218007301253_CloudTrail_us-east-1_20230710T1215Z_nBsuPO1qSTEVerMD.json',
    'Decrypt 14',
  ],
  ['aws/panther/aws_cloudtrail_created.1.json', 'Decrypt 1'],
  ['aws/panther/aws_kms_cmk_loss.0.json', 'DisableKey 1'],
  ['aws/panther/aws_kms_cmk_loss.2.json', 'Decrypt 1'],
  ['aws/panther/aws_resource_made_public.13.json', 'PutKeyPolicy 1'],
  ['azure/msdocs/blob-records-vaultget.json', 'VaultGet 1'],
  [
    'azure/panther/azure_keyvault_key_accessed_or_recovered.0.json',
    'Microsoft.KeyVault/vaults/keys/read/action 1',
  ],
  [
    'azure/panther/azure_keyvault_key_accessed_or_recovered.2.json',
    'microsoft.keyvault/vaults/keys/restore/action 1',
  ],
  [
    'azure/panther/azure_keyvault_key_purged.0.json',
    'Microsoft.KeyVault/vaults/keys/purge/action 1',
  ],
  ['azure/panther/azure_keyvault_key_purged.2.json', 'Microsoft.KeyVault/vaults/keys/delete 1'],
  ['gcp/cloud-custodian/kms-cryptokey-create.json', 'CreateCryptoKey 1'],
  ['gcp/cloud-custodian/kms-keyring-create.json', 'CreateKeyRing 1'],
  ['gcp/panther/gcp_kms_bulk_encryption.0.json', 'Encrypt 1'],
  ['gcp/panther/gcp_kms_bulk_encryption.2.json', 'Encrypt 1'],
  ['gcp/panther/gcp_kms_cross_project_encryption.1.json', 'Encrypt 1'],
  ['gcp/panther/gcp_kms_enable_key.1.json', 'SetIamPolicy 1'],
  ['gcp/panther/gcp_kms_erase_key.1.json', 'UpdateCryptoKeyVersion 1'],
];

const byFile = new Map<string, AuditRecord[]>();

beforeAll(async () => {
  const folder = sharedData('audit-samples');
  if (folder === undefined) return;
  for await (const { file, items } of readAuditFiles([folder])) {
    const records = items.filter(({ action }) => !isAside(action));
    if (records.length > 0) byFile.set(relative(folder, file), records);
  }
});

const all = () => [...byFile.values()].flat();

function countOf(records: readonly AuditRecord[]): string {
  return [...Map.groupBy(records, ({ operation }) => operation)]
    .map(([operation, of]) => `${operation} ${of.length}`)
    .sort()
    .join(', ');
}

describe('published audit records of three clouds', () => {
  test('give each file’s KMS operations, and no others', (context) => {
    needSharedData(context, 'audit-samples');
    expect([...byFile].map(([file, records]) => [file, countOf(records)])).toEqual(expected);
  });

  test('name the key of every use and of every change of a key', (context) => {
    needSharedData(context, 'audit-samples');
    const keyless = all().filter(({ key, action }) => key === null && action !== 'other');
    expect(keyless).toEqual([]);
    expect(all().filter(({ action }) => isUse(action))).toHaveLength(133);
  });

  test('name who asked, where the record does', (context) => {
    needSharedData(context, 'audit-samples');
    const nobody = all().filter(({ principal }) => principal === 'unknown');
    // Three of the activity log's name nobody.
    expect(countOf(nobody)).toBe(
      [
        'Microsoft.KeyVault/vaults/keys/delete 1',
        'Microsoft.KeyVault/vaults/keys/purge/action 1',
        'microsoft.keyvault/vaults/keys/restore/action 1',
      ].join(', '),
    );
  });

  test('tell what was refused, and why', (context) => {
    needSharedData(context, 'audit-samples');
    const refused = all().filter(({ errorCode }) => errorCode !== null);
    const told = refused.map(({ operation, errorCode }) => [
      operation,
      errorCode,
      outcomeOf(errorCode),
    ]);
    expect(new Set(told.map((one) => one.join(' ')))).toEqual(
      new Set([
        'Encrypt KEY_DISABLED denied',
        'GenerateDataKeyWithoutPlaintext InvalidKeyUsageException denied',
      ]),
    );
  });

  test('keep what changes a key as such', (context) => {
    needSharedData(context, 'audit-samples');
    const changes = all().filter(({ action }) => action !== 'other' && !isUse(action));
    const told = changes.map(({ action, operation }) => `${action}: ${operation}`);
    expect([...new Set(told)].sort()).toEqual([
      'alias: CreateAlias',
      'create: CreateCryptoKey',
      'create: CreateKey',
      'create: microsoft.keyvault/vaults/keys/restore/action',
      'destroy: DeleteExpiredKeyMaterial',
      'destroy: DeleteKey',
      'destroy: Microsoft.KeyVault/vaults/keys/purge/action',
      'disable: DisableKey',
      'enable: EnableKey',
      'enable: UpdateCryptoKeyVersion',
      'grant: CreateGrant',
      'policy: PutKeyPolicy',
      'policy: SetIamPolicy',
      'rotation: EnableKeyRotation',
      'rotation: RotateKey',
      'schedule: Microsoft.KeyVault/vaults/keys/delete',
      'schedule: ScheduleKeyDeletion',
    ]);
  });
});
