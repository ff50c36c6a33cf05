import { type KeyUse, keyUse } from '../services/answers/key-use.ts';
import { terminalJson, terminalLine } from '../shared/escape.ts';
import { countText, instantText, nounText } from '../shared/screen-text.ts';
import { openCommandStore } from './command-store.ts';

/** `keytide key`: who uses a key, since when, and what breaks if it is disabled now. @throws {WrongUse} {AppError} */
export async function keyCommand(
  key: string,
  words: { data: string; json?: boolean },
): Promise<void> {
  const store = await openCommandStore(words.data);
  try {
    const view = await keyUse({ ctx: store.ctx, input: { key } });
    process.stdout.write(words.json ? `${terminalJson(view)}\n` : keyText(view));
  } finally {
    await store.close();
  }
}

const verdicts = {
  ours: 'this service',
  service: 'a cloud service for somebody',
  stranger: 'not known to be this service',
} as const;
const named = 10;

function keyText({ key, users, ifDisabled, now }: KeyUse): string {
  const used = users.flatMap((user) => {
    const operations = Object.entries(user.operations)
      .map(([operation, n]) => `${operation} ${countText(n)}`)
      .join(', ');
    const refused = user.refused > 0 ? `, ${countText(user.refused)} refused` : '';
    const from = user.sourceIps.length > 0 ? ` from ${some(user.sourceIps)}` : '';
    const asked = user.services.length > 0 ? `; asked by ${user.services.join(', ')}` : '';
    return [
      `  ${user.name}: ${verdicts[user.verdict]}`,
      `    ${operations}${refused}${from}${asked}`,
      `    ${instantText(user.firstAt)} to ${instantText(user.lastAt)}`,
    ];
  });
  return [
    key,
    `used by ${nounText(users.length, 'principal')}:`,
    ...used,
    'if it is disabled now:',
    ...broken(ifDisabled, now),
    '',
  ]
    .map(terminalLine)
    .join('\n');
}

function broken({ workspaces, darkBy, processes, others }: KeyUse['ifDisabled'], now: number) {
  const deks = processes.reduce((sum, { liveDeks }) => sum + liveDeks, 0);
  const names = some(workspaces.map(({ workspace }) => workspace));
  const lines =
    workspaces.length === 0
      ? ['  no telemetry tells of a workspace under it']
      : [
          `  ${nounText(workspaces.length, 'workspace')} can be neither read nor written to: ${names}`,
          darkBy === null
            ? '  at once: no process holds a data key under it'
            : `  by ${instantText(darkBy)} (${Math.ceil((darkBy - now) / 60_000)} min): ` +
              `${nounText(processes.length, 'process', 'processes')} ${processes.length === 1 ? 'holds' : 'hold'} ${nounText(deks, 'data key')}`,
        ];
  return others.length === 0
    ? [...lines, '  nobody else used it in the last day of its log']
    : [...lines, `  others that used it in the last day of its log fail: ${some(others)}`];
}

function some(names: readonly string[]): string {
  const more = names.length - named;
  return `${names.slice(0, named).join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`;
}
