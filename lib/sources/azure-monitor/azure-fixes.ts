import type { LogGap } from '../../shared/connection-view.ts';

export const noAzureCredentials: Pick<LogGap, 'code' | 'fix'> = {
  code: 'no-credentials',
  fix: 'az login',
};

/** Makes the diagnostic setting of a vault that sends its log to a place, as the command line names it. */
export const settingFix = (to: string, vault = 'VAULT'): string =>
  [
    'az monitor diagnostic-settings create --name keytide',
    `--resource $(az keyvault show --name ${vault} --query id --output tsv)`,
    `--logs '[{"category":"AuditEvent","enabled":true}]'`,
    to,
  ].join(' ');
