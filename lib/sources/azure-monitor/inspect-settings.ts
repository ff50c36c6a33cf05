/**
 * Whether a diagnostic setting sends a vault's log to the place that is read, as Azure's management plane has it. Who
 * may read a log may not always see the vault: then that is said, and only what arrives can tell.
 */
import { z } from 'zod';
import type { LogGap } from '../../shared/connection-view.ts';
import { settingFix, vaultId } from './azure-fixes.ts';
import type { AzureCredential } from './default-credential.ts';

export interface SettingsAccess {
  /** One that gives no token may not ask. */
  credential: object;
  /** Default Azure's own. */
  managementUrl?: string;
}

/** Where a log is read, as the command line and the management plane each name it. */
export interface LogDestination {
  /** Of `az monitor diagnostic-settings create`. */
  option: string;
  words: string;
  /** Whether a setting's properties send there. @param ask reads the management plane */
  isMeant(properties: SettingTo, ask: Ask): Promise<boolean>;
}

type Ask = (path: string) => Promise<unknown>;
type SettingTo = z.infer<typeof settingsShape>['value'][number]['properties'];

const azure = 'https://management.azure.com';
const scope = 'https://management.azure.com/.default';
const askMsMax = 10_000;
const vaultsMax = 50;
const vaultKinds = ['Microsoft.KeyVault/vaults', 'Microsoft.KeyVault/managedHSMs'];

const subscriptionsShape = z.object({ value: z.array(z.object({ subscriptionId: z.string() })) });
const resourcesShape = z.object({ value: z.array(z.object({ id: z.string() })) });
const settingsShape = z.object({
  value: z.array(
    z.object({
      properties: z.object({
        workspaceId: z.string().nullish(),
        storageAccountId: z.string().nullish(),
        logs: z
          .array(
            z.object({
              category: z.string().nullish(),
              categoryGroup: z.string().nullish(),
              enabled: z.boolean(),
            }),
          )
          .nullish(),
      }),
    }),
  ),
});
const workspaceShape = z.object({ properties: z.object({ customerId: z.string() }) });

/** A workspace is asked for its id: settings name it as a resource. */
export const toWorkspace = (workspaceId: string): LogDestination => ({
  option: `--workspace ${workspaceId}`,
  words: `the workspace ${workspaceId}`,
  isMeant: async ({ workspaceId: resource }, ask) => {
    if (resource == null) return false;
    const { properties } = workspaceShape.parse(await ask(`${resource}?api-version=2023-09-01`));
    return properties.customerId === workspaceId;
  },
});

export const toStorage = (account: string): LogDestination => ({
  option: `--storage-account ${account}`,
  words: `the storage account ${account}`,
  isMeant: async ({ storageAccountId: resource }) =>
    resource?.toLowerCase().endsWith(`/storageaccounts/${account.toLowerCase()}`) ?? false,
});

/** Asks about the vaults of these keys. Keys that are not Azure's are passed over. */
export async function settingGaps(
  access: SettingsAccess,
  to: LogDestination,
  keys: readonly string[],
): Promise<LogGap[]> {
  const hosts = new Set(keys.flatMap((key) => /^azure-kv:https:\/\/([^/]+)/.exec(key)?.[1] ?? []));
  if (hosts.size === 0) return [];
  const ask = askerOf(access);
  const found = await vaultsOf(ask).catch(() => new Map<string, string>());
  const vaults = [...hosts].slice(0, vaultsMax);
  const gaps = vaults.map((host) => gapOf(ask, to, { host, id: found.get(host) }));
  return (await Promise.all(gaps)).flat();
}

async function gapOf(
  ask: Ask,
  to: LogDestination,
  { host, id }: { host: string; id: string | undefined },
): Promise<LogGap[]> {
  if (id === undefined) return [notAsked(host)];
  try {
    const path = `${id}/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview`;
    const { value } = settingsShape.parse(await ask(path));
    for (const { properties } of value)
      if (takesAudit(properties) && (await to.isMeant(properties, ask))) return [];
    const evidence = `The vault ${host} has no diagnostic setting that sends AuditEvent to ${to.words}.`;
    return [{ code: 'no-setting', evidence, fix: settingFix(to.option, id) }];
  } catch {
    return [notAsked(host)];
  }
}

const takesAudit = ({ logs }: SettingTo): boolean =>
  (logs ?? []).some(
    ({ category, categoryGroup, enabled }) =>
      enabled && (category === 'AuditEvent' || ['audit', 'allLogs'].includes(categoryGroup ?? '')),
  );

function notAsked(host: string): LogGap {
  const [name = ''] = host.split('.');
  return {
    code: 'not-asked',
    evidence: `Whoever reads may not see the diagnostic settings of ${host}: only what arrives tells whether one sends its log here.`,
    fix: `az role assignment create --role "Monitoring Reader" --assignee IDENTITY --scope ${vaultId(name)}`,
  };
}

/** The resource ids of the vaults and Managed HSMs that may be seen, by host. */
async function vaultsOf(ask: Ask): Promise<Map<string, string>> {
  const { value } = subscriptionsShape.parse(await ask('/subscriptions?api-version=2022-12-01'));
  const filter = vaultKinds.map((kind) => `resourceType eq '${kind}'`).join(' or ');
  const lists = value.map(async ({ subscriptionId }) => {
    const query = `$filter=${encodeURIComponent(filter)}&api-version=2021-04-01`;
    const path = `/subscriptions/${subscriptionId}/resources?${query}`;
    return resourcesShape.parse(await ask(path)).value;
  });
  const resources = (await Promise.all(lists)).flat();
  return new Map(resources.map(({ id }) => [hostOf(id), id]));
}

function hostOf(id: string): string {
  const isHsm = /\/managedhsms\//i.test(id);
  return `${id.split('/').at(-1)}.${isHsm ? 'managedhsm' : 'vault'}.azure.net`.toLowerCase();
}

const givesTokens = (credential: object): credential is AzureCredential => 'getToken' in credential;

function askerOf({ credential, managementUrl = azure }: SettingsAccess): Ask {
  return async (path) => {
    if (!givesTokens(credential)) throw new TypeError('without a token nothing is asked');
    const url = new URL(path, managementUrl);
    // A setting's text is its owner's: no token of ours goes where that may point.
    if (url.origin !== new URL(managementUrl).origin) throw new TypeError('not a resource');
    const token = await credential.getToken(scope);
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${token?.token}` },
      signal: AbortSignal.timeout(askMsMax),
    });
    if (!answer.ok) throw new Error(`the management plane answers ${answer.status}`);
    return answer.json();
  };
}
