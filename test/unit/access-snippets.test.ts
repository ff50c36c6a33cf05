import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { parseKeyPolicy } from '../../lib/sandbox/aws/key-policy.ts';
import {
  type AccessSnippet,
  accessSnippets,
  identityFields,
  identityIn,
  snippetKeyOf,
} from '../../lib/shared/access-snippets.ts';
import { readBicep } from '../support/bicep-shape.ts';

// HashiCorp's own parser.
const hcl: { parseToObject(text: string): [unknown, unknown] } = createRequire(import.meta.url)(
  'hcl2-parser',
);

const role = 'arn:aws:iam::111122223333:role/service-engine';
const arn = 'arn:aws:kms:eu-central-1:444455556666:key/0d990263-028f-4f1c-af8e-111111111111';
const email = 'engine@service-project.iam.gserviceaccount.com';
const oid = '0f9e8d7c-6b5a-4938-8271-a0b1c2d3e4f5';
const cases = [
  ['AWS', arn, role],
  ['AWS by an alias', 'arn:aws:kms:eu-central-1:444455556666:alias/tide', role],
  ['Google', 'gcp-kms:projects/acme/locations/eu/keyRings/r/cryptoKeys/k', email],
  ['Azure', 'azure-kv:https://acme-keys.vault.azure.net/keys/tide', oid],
  ['a Managed HSM', 'azure-kv:https://acme-hsm.managedhsm.azure.net/keys/tide', oid],
] as const;

function snippetsOf(id: string, identity: string): AccessSnippet[] {
  const key = snippetKeyOf(id);
  if (key === null) throw new Error('no key of a cloud');
  return accessSnippets(key, identity);
}

function assertParsed({ form, text }: AccessSnippet): void {
  switch (form) {
    case 'json':
      JSON.parse(text);
      break;
    case 'hcl': {
      const [value, fault] = hcl.parseToObject(text);
      if (fault !== null || value === null) throw new SyntaxError(`no HCL: ${text}`);
      break;
    }
    case 'shell': {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
      if (status !== 0) throw new SyntaxError(stderr);
      break;
    }
    case 'bicep':
      readBicep(text);
  }
}

describe.each(cases)('what gives access to a key of %s', (_, id, identity) => {
  test('is well-formed, cut anywhere it is not, and names the identity', () => {
    for (const snippet of snippetsOf(id, identity)) {
      assertParsed(snippet);
      if (snippet.form === 'shell') continue;
      const cut = { ...snippet, text: snippet.text.slice(0, -2) };
      expect(() => assertParsed(cut), snippet.label).toThrow();
    }
    expect(snippetsOf(id, identity).some(({ text }) => text.includes(identity))).toBe(true);
  });
});

describe('of AWS', () => {
  test('the key policy lets the role encrypt and decrypt, and no more', () => {
    const [policy] = snippetsOf(arn, role);
    const { statements } = parseKeyPolicy(policy?.text ?? '');
    const service = statements.find(({ principals }) => principals.has(role));
    const asked = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'ReEncryptFrom', 'CreateGrant'];
    const allowed = asked.filter((name) => service?.allows(`kms:${name}`));
    expect(allowed).toEqual(['Encrypt', 'Decrypt']);
  });

  test('Terraform holds the same policy', () => {
    const [policy, , terraform] = snippetsOf(arn, role);
    const [value] = hcl.parseToObject(terraform?.text ?? '');
    const told = JSON.stringify(value);
    expect(told).toContain('aws_kms_key_policy');
    for (const part of ['kms:Encrypt', 'kms:Decrypt', role]) {
      expect(told).toContain(part);
      expect(policy?.text).toContain(part);
    }
  });
});

test('Bicep assigns the role and has the vault’s log sent', () => {
  const bicep = snippetsOf(cases[3][1], oid).find(({ form }) => form === 'bicep');
  expect(readBicep(bicep?.text ?? '')).toEqual({
    params: ['workspaceId string'],
    resources: [
      "'Microsoft.KeyVault/vaults@2023-07-01'",
      "'Microsoft.KeyVault/vaults/keys@2023-07-01'",
      "'Microsoft.Authorization/roleAssignments@2022-04-01'",
      "'Microsoft.Insights/diagnosticSettings@2021-05-01-preview'",
    ],
  });
});

test('an identity is taken from what the log calls callers, and only one of its cloud', () => {
  const session = 'arn:aws:sts::111122223333:assumed-role/service-engine/api-1';
  expect(identityIn('aws', ['AROAEXAMPLE:api-1', session])).toBe(role);
  expect(identityIn('gcp', [session, email])).toBe(email);
  expect(identityIn('azure', [email])).toBeNull();
  for (const hostile of ['a"b', '$(id)', `${email}' --x`, "'}", '%{if}'])
    for (const { pattern } of Object.values(identityFields))
      expect(pattern.test(hostile)).toBe(false);
});

test('what is no key of a cloud has none', () => {
  for (const id of ['local:key', 'arn:aws:s3:::b', 'gcp-kms:projects/p', "azure-kv:https://x'y"])
    expect(snippetKeyOf(id)).toBeNull();
});
