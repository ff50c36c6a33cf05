/** What of Azure's management plane tells whether a vault is logged: subscriptions, resources, diagnostic settings. */
import { AzureFault } from './azure-fault.ts';
import type { AzureCloud } from './cloud.ts';
import type { AzureWireRequest } from './http-wire.ts';
import type { KeyVaultJson } from './key-messages.ts';
import { errorAnswer } from './log-analytics.ts';
import type { AzureLogsOptions, LogRequest } from './log-options.ts';

const settingsOf = /^(.+)\/providers\/microsoft\.insights\/diagnosticsettings$/i;

/** Undefined where the request is not for it. */
export function managementRequestOf(
  logs: AzureLogsOptions,
  cloud: AzureCloud,
  { method, info }: AzureWireRequest,
): LogRequest | undefined {
  const path = decodeURIComponent(new URL(info.requestUri).pathname);
  if (method !== 'GET' || !/^\/subscriptions(?:\/|$)/.test(path)) return undefined;
  return {
    operation: 'Manage',
    failed: errorAnswer,
    answer: (caller) => {
      const { managers = logs.readers } = logs;
      // Lists leave out what one may not see; a resource of its own is refused.
      const may = managers.some(({ objectId }) => objectId === caller?.objectId);
      const body = bodyOf({ logs, cloud, path, may });
      if (body !== null) return { status: 200, body };
      throw may
        ? new AzureFault(404, { code: 'ResourceNotFound', message: 'The resource was not found.' })
        : new AzureFault(403, {
            code: 'AuthorizationFailed',
            message: `The client does not have authorization to perform an action over ${path}.`,
          });
    },
  };
}

function bodyOf(asked: {
  logs: AzureLogsOptions;
  cloud: AzureCloud;
  path: string;
  may: boolean;
}): KeyVaultJson | null {
  const { logs, cloud, path, may } = asked;
  const ids = cloud.vaults().map(({ host }) => logs.log.resourceIdOf(host));
  const subscriptions = new Set(ids.map((id) => id.split('/')[2]));
  if (path === '/subscriptions')
    return { value: may ? [...subscriptions].map((subscriptionId) => ({ subscriptionId })) : [] };
  if (/^\/subscriptions\/[^/]+\/resources$/.test(path))
    return { value: may ? ids.map((id) => ({ id, name: id.split('/').at(-1) })) : [] };
  const workspace = workspaceIdOf(ids[0] ?? '');
  if (!may) return null;
  if (path === workspace) return { id: path, properties: { customerId: logs.workspace.id } };
  const [, resource] = settingsOf.exec(path) ?? [];
  if (!ids.some((id) => id.toLowerCase() === resource?.toLowerCase())) return null;
  const properties = {
    workspaceId: workspace,
    storageAccountId: `${groupOf(resource ?? '')}/providers/Microsoft.Storage/storageAccounts/${logs.storage.account}`,
    logs: [{ category: 'AuditEvent', enabled: true }],
  };
  return { value: logs.log.isEnabled ? [{ name: 'keytide', properties }] : [] };
}

const groupOf = (resourceId: string) => resourceId.split('/providers/')[0] ?? '';

const workspaceIdOf = (resourceId: string) =>
  `${groupOf(resourceId)}/providers/Microsoft.OperationalInsights/workspaces/acme-logs`;
