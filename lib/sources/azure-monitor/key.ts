import type { AzureRow } from './row.ts';

/** The domains of Key Vault and Managed HSM in all of Azure's clouds. */
const keyPattern =
  /^(?:https?:\/\/)?([a-z0-9-]+\.(?:vault|managedhsm)\.(?:azure\.net|azure\.cn|usgovcloudapi\.net))(?::443)?\/+(?:deleted)?keys\/+([\da-z-]{1,127})/i;
const resourcePattern =
  /\/providers\/microsoft\.keyvault\/(vaults|managedhsms)\/([^/]+)\/keys\/([^/?]+)/i;

/** The key that a row is about, as `parseKeyUri` of crypto-core names it; null where it is about none. */
export function azureKey(row: Pick<AzureRow, 'text'>): string | null {
  for (const url of [row.text('id'), row.text('requesturi')]) {
    const found = keyPattern.exec(url ?? '');
    if (found !== null) return `azure-kv:https://${found[1]}/keys/${found[2]}`.toLowerCase();
  }
  const found = resourcePattern.exec(row.text('resourceid') ?? '');
  if (found === null) return null;
  const [, kind = '', vault = '', name = ''] = found;
  const domain = /^vaults$/i.test(kind) ? 'vault' : 'managedhsm';
  return `azure-kv:https://${vault}.${domain}.azure.net/keys/${name}`.toLowerCase();
}
