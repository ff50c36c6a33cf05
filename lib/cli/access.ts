import { checkAccess } from '../services/keys/check-access.ts';
import { KeyEngines } from '../services/keys/key-engines.ts';
import { openStore } from '../services/open-store.ts';
import { type SandboxClient, sandboxClient } from '../services/sandbox-client.ts';
import type { AccessView } from '../shared/access-view.ts';
import {
  conditionWords,
  knownTexts,
  metWords,
  missingText,
  permissionTexts,
  validStates,
  validText,
} from '../shared/access-words.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { cliEnv } from './cli-env.ts';
import { gapLines } from './gap-lines.ts';
import { readControlFile } from './sandbox-control-file.ts';

/**
 * `keytide access`: whether a key can be used now, and what its identity may do with it; exit 1 where it cannot.
 * @throws {AppError}
 */
export async function accessCommand(
  key: string,
  { data, json }: { data: string; json?: boolean },
): Promise<void> {
  const store = await openStore({ url: cliEnv().DATABASE_URL, dir: data });
  const sandbox = await runningSandbox(data);
  const engines = new KeyEngines(() => sandbox);
  // The sandbox's time is its own.
  const now = sandbox === null ? store.ctx.now : async () => (await sandbox.state()).now;
  try {
    const view = await checkAccess({ ctx: { ...store.ctx, now, engines }, input: { key } });
    process.stdout.write(json ? `${terminalJson(view)}\n` : accessText(view));
    if (view.validated.state !== 'active') process.exitCode = 1;
  } finally {
    await engines.close();
    await store.close();
  }
}

/** One that crashed leaves its file behind, and nobody answers. */
async function runningSandbox(data: string): Promise<SandboxClient | null> {
  const control = readControlFile(data);
  const client = control && sandboxClient(control);
  if (client === null) return null;
  return client.state().then(
    () => client,
    () => null,
  );
}

function accessText(view: AccessView): string {
  const { validated, conditions, permissions, log } = view;
  return [
    `${validated.key}: ${validStates[validated.state].label}`,
    validText(validated),
    ...[missingText(validated)].flatMap((text) => text ?? []),
    ...conditions.map(
      ({ condition, met }) =>
        `  ${conditionWords[condition]}: ${metWords[met].label.toLowerCase()}`,
    ),
    ...permissionTexts(permissions),
    ...knownTexts(view),
    ...log.gaps.flatMap(gapLines),
    '',
  ]
    .map(terminalLine)
    .join('\n');
}
