/** What gives a service's identity access to a key, and no more, and has its uses logged: to copy, for each cloud. */

/** A key as its cloud names it. */
export type SnippetKey =
  | { cloud: 'aws'; arn: string }
  | { cloud: 'gcp'; project: string; location: string; ring: string; name: string }
  | { cloud: 'azure'; vault: string; isHsm: boolean; name: string };

export interface AccessSnippet {
  label: string;
  form: 'json' | 'hcl' | 'shell' | 'bicep';
  text: string;
}

/** What an identity is called on each cloud, how one is written, and the form that it must have. */
export const identityFields: Record<
  SnippetKey['cloud'],
  { label: string; example: string; pattern: RegExp; fault: string }
> = {
  aws: {
    label: 'The service’s role',
    example: 'arn:aws:iam::111122223333:role/service-engine',
    pattern: /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]{1,512}$/,
    fault: 'must be the ARN of a role, such as arn:aws:iam::111122223333:role/service-engine',
  },
  gcp: {
    label: 'The service’s account',
    example: 'engine@service-project.iam.gserviceaccount.com',
    pattern: /^[a-z\d][\w.-]{0,62}@[a-z\d][a-z\d.-]{1,200}$/,
    fault: 'must be the address of a service account',
  },
  azure: {
    label: 'Object id of the service’s principal',
    example: '00000000-0000-0000-0000-000000000000',
    pattern: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
    fault: 'must be the object id of a service principal',
  },
};

/** Of a key's id; null where it is no key of a cloud. */
export function snippetKeyOf(id: string): SnippetKey | null {
  if (/^arn:aws[a-z-]*:kms:[a-z\d-]+:\d{12}:(?:key|alias)\/[\w/-]+$/.test(id))
    return { cloud: 'aws', arn: id };
  const google =
    /^gcp-kms:projects\/([\w.:-]+)\/locations\/([\w-]+)\/keyRings\/([\w-]+)\/cryptoKeys\/([\w-]+)$/;
  const [, project, location, ring, name] = google.exec(id) ?? [];
  if (project && location && ring && name) return { cloud: 'gcp', project, location, ring, name };
  const azure =
    /^azure-kv:https:\/\/([a-z\d-]+)\.(vault|managedhsm)\.azure\.net\/keys\/([a-z\d-]+)$/;
  const [, vault, kind, key] = azure.exec(id) ?? [];
  return vault && key ? { cloud: 'azure', vault, isHsm: kind === 'managedhsm', name: key } : null;
}

/** The first of these names that is an identity of the key's cloud: a session's is its role. */
export function identityIn(cloud: SnippetKey['cloud'], names: readonly string[]): string | null {
  const known = names.map((name) =>
    name.replace(/^(arn:[\w-]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3'),
  );
  return known.find((name) => identityFields[cloud].pattern.test(name)) ?? null;
}

/** @param identity as `identityFields` has it */
export function accessSnippets(key: SnippetKey, identity: string): AccessSnippet[] {
  switch (key.cloud) {
    case 'aws':
      return awsSnippets(key.arn, identity);
    case 'gcp':
      return gcpSnippets(key, identity);
    case 'azure':
      return azureSnippets(key, identity);
  }
}

const json = (value: unknown) => JSON.stringify(value, null, 2);

function awsSnippets(arn: string, role: string): AccessSnippet[] {
  const [, partition = 'aws', , region = '', account = '', resource = ''] = arn.split(':');
  const actions = ['kms:Encrypt', 'kms:Decrypt'];
  const use = { Effect: 'Allow', Action: actions };
  const owner = { AWS: `arn:${partition}:iam::${account}:root` };
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Owner', Effect: 'Allow', Principal: owner, Action: 'kms:*', Resource: '*' },
      { Sid: 'Service', ...use, Principal: { AWS: role }, Resource: '*' },
    ],
  };
  // A policy cannot name an alias, but may ask that a request does.
  const named = resource.startsWith('alias/')
    ? {
        Resource: `arn:${partition}:kms:${region}:${account}:key/*`,
        Condition: { StringEquals: { 'kms:RequestAlias': resource } },
      }
    : { Resource: arn };
  return [
    { label: 'Key policy: all of it', form: 'json', text: json(policy) },
    {
      label: 'Policy of the service’s role, for a key of another account',
      form: 'json',
      text: json({ Version: '2012-10-17', Statement: [{ ...use, ...named }] }),
    },
    {
      label: 'Terraform',
      form: 'hcl',
      text: `resource "aws_kms_key_policy" "service" {
  key_id = ${JSON.stringify(arn)}
  policy = jsonencode(${json(policy).replaceAll('\n', '\n  ')})
}`,
    },
  ];
}

const googleRole = 'roles/cloudkms.cryptoKeyEncrypterDecrypter';
const googleService = 'cloudkms.googleapis.com';

function gcpSnippets(key: Extract<SnippetKey, { cloud: 'gcp' }>, email: string): AccessSnippet[] {
  const { project, location, ring, name } = key;
  const id = `projects/${project}/locations/${location}/keyRings/${ring}/cryptoKeys/${name}`;
  const config = [{ service: googleService, auditLogConfigs: [{ logType: 'DATA_READ' }] }];
  return [
    {
      label: 'gcloud: access',
      form: 'shell',
      text: `gcloud kms keys add-iam-policy-binding ${name} \\
  --project=${project} --location=${location} --keyring=${ring} \\
  --member=serviceAccount:${email} \\
  --role=${googleRole}`,
    },
    {
      label: 'gcloud: Data Access logs on, which are off by default',
      form: 'shell',
      text: `gcloud projects get-iam-policy ${project} --format=json \\
  | jq '.auditConfigs += ${JSON.stringify(config)}' > policy.json
gcloud projects set-iam-policy ${project} policy.json`,
    },
    {
      label: 'Terraform: both',
      form: 'hcl',
      text: `resource "google_kms_crypto_key_iam_member" "service" {
  crypto_key_id = ${JSON.stringify(id)}
  role          = "${googleRole}"
  member        = ${JSON.stringify(`serviceAccount:${email}`)}
}

resource "google_project_iam_audit_config" "kms" {
  project = ${JSON.stringify(project)}
  service = "${googleService}"
  audit_log_config {
    log_type = "DATA_READ"
  }
}`,
    },
  ];
}

const azureRole = 'Key Vault Crypto Service Encryption User';
const azureRoleId = 'e147488a-f6f5-4113-8e2d-b22465e65bf6';

function azureSnippets(key: Extract<SnippetKey, { cloud: 'azure' }>, oid: string): AccessSnippet[] {
  const { vault, isHsm, name } = key;
  const shown = isHsm ? `--hsm-name ${vault}` : `--name ${vault}`;
  const resource = `$(az keyvault show ${shown} --query id --output tsv)`;
  const assign = isHsm
    ? `az keyvault role assignment create --hsm-name ${vault} \\
  --role "Managed HSM Crypto Service Encryption User" \\
  --assignee-object-id ${oid} --assignee-principal-type ServicePrincipal \\
  --scope /keys/${name}`
    : `az role assignment create --role "${azureRole}" \\
  --assignee-object-id ${oid} --assignee-principal-type ServicePrincipal \\
  --scope "${resource}/keys/${name}"`;
  return [
    { label: 'az: access', form: 'shell', text: assign },
    {
      label: 'az: the log on, which is off by default',
      form: 'shell',
      text: `az monitor diagnostic-settings create --name keytide \\
  --resource "${resource}" \\
  --logs '[{"category":"AuditEvent","enabled":true}]' \\
  --workspace WORKSPACE`,
    },
    {
      label: isHsm ? 'Bicep: the log; roles of a Managed HSM are its own' : 'Bicep: both',
      form: 'bicep',
      text: isHsm ? hsmBicep(vault) : vaultBicep({ vault, name, oid }),
    },
  ];
}

const settingBicep = (
  of: string,
) => `resource setting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'keytide'
  scope: ${of}
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}`;

const workspaceParam = `@description('The resource id of the Log Analytics workspace.')
param workspaceId string`;

const hsmBicep = (name: string) => `${workspaceParam}

resource hsm 'Microsoft.KeyVault/managedHSMs@2023-07-01' existing = {
  name: '${name}'
}

${settingBicep('hsm')}`;

const vaultBicep = ({ vault, name, oid }: { vault: string; name: string; oid: string }) =>
  `${workspaceParam}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: '${vault}'
}

resource key 'Microsoft.KeyVault/vaults/keys@2023-07-01' existing = {
  parent: vault
  name: '${name}'
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(key.id, '${oid}', '${azureRoleId}')
  scope: key
  properties: {
    principalId: '${oid}'
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${azureRoleId}')
  }
}

${settingBicep('vault')}`;
