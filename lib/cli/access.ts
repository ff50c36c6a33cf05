import { checkAccess } from '../services/keys/check-access.ts';
import { KeyEngines } from '../services/keys/key-engines.ts';
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
import { openCommandStore } from './command-store.ts';
import { gapLines } from './gap-lines.ts';

/**
 * `keytide access`: whether a key can be used now, and what its identity may do with it; exit 1 where it cannot.
 * @throws {AppError}
 */
export async function accessCommand(
  key: string,
  { data, json }: { data: string; json?: boolean },
): Promise<void> {
  const store = await openCommandStore(data);
  const engines = new KeyEngines(() => store.sandbox);
  try {
    const view = await checkAccess({ ctx: { ...store.ctx, engines }, input: { key } });
    process.stdout.write(json ? `${terminalJson(view)}\n` : accessText(view));
    if (view.validated.state !== 'active') process.exitCode = 1;
  } finally {
    await engines.close();
    await store.close();
  }
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
