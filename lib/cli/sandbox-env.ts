import { AppError } from '../domain/app-error.ts';
import { type SandboxAccess, sandboxClient } from '../services/sandbox-client.ts';
import { readControlFile } from './sandbox-control-file.ts';

/** `keytide sandbox env`: shell lines for an engine of one's own. @throws {AppError} where no sandbox runs. */
export async function sandboxEnv({ data }: { data: string }): Promise<void> {
  const control = readControlFile(data);
  const access = control && (await sandboxClient(control).access().catch(orNobody));
  if (!access) {
    throw new AppError(
      'unavailable',
      `No sandbox runs in ${data}; start one with npm start, or name its directory with --data.`,
    );
  }
  process.stdout.write(`${shellLines(access).join('\n')}\n`);
}

/** The command that prints them, for the sandbox of this data directory. */
export const sandboxEnvCommand = (data: string): string =>
  `npx keytide sandbox env${data === '.keytide' ? '' : ` --data ${shellText(data)}`}`;

/** The names that SDKs read by themselves; `KEYTIDE_KEY` is the key of the first cloud. */
export function shellLines({ clouds, otlp }: SandboxAccess): string[] {
  const values = [
    ...clouds.flatMap(cloudValues),
    ['KEYTIDE_KEY', clouds[0]?.key ?? ''],
    ['KEYTIDE_OTLP_URL', otlp.url],
    ['KEYTIDE_OTLP_TOKEN', otlp.token],
  ] as const;
  return values.map(([name, value]) => `export ${name}=${shellText(value)}`);
}

function cloudValues(access: SandboxAccess['clouds'][number]): (readonly [string, string])[] {
  switch (access.cloud) {
    case 'aws':
      return [
        ['AWS_ENDPOINT_URL', access.endpoint],
        ['AWS_REGION', access.region],
        ['AWS_ACCESS_KEY_ID', access.credentials.accessKeyId],
        ['AWS_SECRET_ACCESS_KEY', access.credentials.secretAccessKey],
        ['AWS_SESSION_TOKEN', access.credentials.sessionToken],
        ['KEYTIDE_AWS_KEY', access.key],
      ];
    case 'gcp':
      return [
        ['GOOGLE_CLOUD_PROJECT', access.project],
        ['KEYTIDE_GCP_ENDPOINT', access.endpoint],
        ['KEYTIDE_GCP_REST_ENDPOINT', access.restEndpoint],
        ['KEYTIDE_GCP_LOGGING_ENDPOINT', access.loggingEndpoint],
        ['KEYTIDE_GCP_KEY', access.key],
      ];
    case 'azure':
      return [
        ['AZURE_TENANT_ID', access.tenantId],
        ['AZURE_STORAGE_ACCOUNT', access.storage.account],
        ['AZURE_STORAGE_KEY', access.storage.key],
        ['KEYTIDE_AZURE_ENDPOINT', access.endpoint],
        ['KEYTIDE_AZURE_TOKEN', access.token],
        ['KEYTIDE_AZURE_READER_TOKEN', access.readerToken],
        ['KEYTIDE_AZURE_LOG_WORKSPACE', access.workspaceId],
        ['KEYTIDE_AZURE_KEY', access.key],
      ];
  }
}

const shellText = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A sandbox that crashed left its file behind: then nobody answers, or somebody else does. One that is laying its
 * history says so.
 */
function orNobody(error: unknown): null {
  if (error instanceof AppError && error.cause === undefined && error.code === 'unavailable')
    throw error;
  return null;
}
