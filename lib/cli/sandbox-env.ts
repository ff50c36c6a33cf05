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

/** What the AWS SDK and CLI read by themselves has their names. */
export function shellLines({ endpoint, region, key, credentials, otlp }: SandboxAccess): string[] {
  const values = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    KEYTIDE_KEY: key,
    KEYTIDE_OTLP_URL: otlp.url,
    KEYTIDE_OTLP_TOKEN: otlp.token,
  };
  return Object.entries(values).map(([name, value]) => `export ${name}=${shellText(value)}`);
}

const shellText = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** One that crashed has left its file: nobody answers there, or somebody else. One that is laying history says so. */
function orNobody(error: unknown): null {
  if (error instanceof AppError && error.cause === undefined && error.code === 'unavailable')
    throw error;
  return null;
}
