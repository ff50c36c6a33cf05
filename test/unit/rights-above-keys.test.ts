/** Rights that are given above a key, of a project or a vault: records that say who may use it. */
import { expect, test } from 'vitest';
import { changeOf } from '../../lib/domain/key-changes.ts';
import { findRecords } from '../../lib/sources/cloudtrail/find-records.ts';
import { gcpEntry } from '../support/cloud-records.ts';

function recordIn(value: unknown) {
  const [found] = findRecords(value);
  if (found?.parsed.kind !== 'record') throw new Error(JSON.stringify(found?.parsed));
  return found.parsed.record;
}

test('a project’s policy is a change of who may use its keys, under either name of the method', () => {
  for (const methodName of [
    'SetIamPolicy',
    'google.cloud.resourcemanager.v3.Projects.SetIamPolicy',
  ]) {
    const { protoPayload, ...rest } = gcpEntry({
      ...{ log: 'activity', methodName, resourceName: 'projects/acme', request: {} },
    });
    const resource = { type: 'project', labels: { project_id: 'acme' } };
    const serviceName = 'cloudresourcemanager.googleapis.com';
    const entry = { ...rest, resource, protoPayload: { ...protoPayload, serviceName } };
    const record = recordIn(entry);
    expect(record).toMatchObject({ operation: 'SetIamPolicy', action: 'identity', key: null });
    expect(record.facts.ids).toContainEqual(['project', 'acme']);
    const others = { ...protoPayload, serviceName, methodName: 'GetProject' };
    expect([...findRecords({ ...rest, protoPayload: others })]).toMatchObject([
      { parsed: { kind: 'ignored', reason: 'not-kms' } },
    ]);
  }
});

test('a role assignment is a change of who may use keys: of one key, of a vault, of all below it', () => {
  const subscription = '/SUBSCRIPTIONS/AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E';
  const vault = `${subscription}/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/ACME-VAULT`;
  const row = (scope: string, verb = 'DELETE') => ({
    time: '2026-11-23T12:00:00.1234567Z',
    resourceId: `${scope}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/0F9E8D7C`,
    operationName: `MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/${verb}`,
    category: 'Administrative',
    resultType: 'Success',
    resultSignature: 'Succeeded.OK',
    correlationId: '0f9e8d7c-6b5a-4938-8271-a0b1c2d3e4f5',
  });
  const ofKey = recordIn(row(`${vault}/KEYS/TIDE`));
  expect(ofKey).toMatchObject({
    ...{ action: 'identity', errorCode: null },
    key: 'azure-kv:https://acme-vault.vault.azure.net/keys/tide',
  });
  const ofVault = recordIn(row(vault));
  expect(ofVault).toMatchObject({ action: 'identity', key: null });
  expect(ofVault.facts.ids).toContainEqual(['vault', 'acme-vault']);
  expect(recordIn(row(subscription))).toMatchObject({ action: 'identity', key: null });
  expect(changeOf(ofVault)).toEqual({ kind: 'iam', effect: 'takes' });
  expect(changeOf(recordIn(row(vault, 'WRITE')))).toEqual({ kind: 'iam', effect: 'gives' });
  const machine = `${subscription}/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/M`;
  expect([...findRecords(row(machine))]).toMatchObject([{ parsed: { kind: 'ignored' } }]);
});
