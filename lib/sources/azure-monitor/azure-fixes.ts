import type { LogGap } from '../../shared/connection-view.ts';

export const noAzureCredentials: Pick<LogGap, 'code' | 'fix'> = {
  code: 'no-credentials',
  fix: 'az login',
};

/** A vault's or a Managed HSM's resource id, as the command line finds it by name. */
export const vaultId = (name: string): string =>
  `$(az resource list --name ${name} --query "[?starts_with(type,'Microsoft.KeyVault')].id" --output tsv)`;

/** Makes the diagnostic setting of a vault that sends its log to a place, as the command line names it. */
export const settingFix = (to: string, resource = vaultId('VAULT')): string =>
  [
    'az monitor diagnostic-settings create --name keytide',
    `--resource ${resource}`,
    `--logs '[{"category":"AuditEvent","enabled":true}]'`,
    to,
  ].join(' ');
