import type { ExplainView } from '../../shared/dto.ts';
import { found } from '../../shared/found.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readChoices } from '../../store/views/read-choices.ts';
import { readPrincipals } from '../../store/views/read-principals.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { oneSnapshot } from './one-snapshot.ts';

type Choices = ExplainView['choices'];

const choicesMax = 100;
/** Of more workspaces than that the busiest are searched. */
const searchedMax = 50_000;

export interface ChoicesInput {
  window: TimeWindow;
  /** Words that each listed value has. */
  text?: string;
}

/** What a screen offers as filters, most calls first; of more than are listed a text finds the others. */
export const listChoices = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: ChoicesInput;
}): Promise<Choices> => oneSnapshot(ctx, (view) => choicesIn(view, input));

export async function choicesIn(
  ctx: ViewContext,
  { window, text = '' }: ChoicesInput,
): Promise<Choices> {
  const workspacesMax = text === '' ? choicesMax : searchedMax;
  const all = await readChoices(ctx.db, { ...wholeMinutes(window), workspacesMax });
  const names = new Map((await readPrincipals(ctx.db)).map(({ id, name }) => [id, name]));
  const holding = (values: readonly string[]) =>
    found(
      values.map((label) => ({ label })),
      text,
    ).map(({ label }) => label);
  const workspaces = holding(all.workspace);
  const keys = holding(all.key);
  const processes = holding(all.process);
  const principals = found(
    all.principal.map((label) => ({ label, kind: names.get(label) ?? '' })),
    text,
  ).map(({ label: id }) => ({ id, name: names.get(id) ?? id }));
  const listed = <T>(values: readonly T[]): T[] => values.slice(0, choicesMax);
  const beyond = ({ length }: readonly unknown[]) => Math.max(0, length - choicesMax);
  return {
    workspaces: listed(workspaces),
    keys: listed(keys),
    principals: listed(principals),
    processes: listed(processes),
    more: {
      workspaces: text === '' ? all.workspacesAll - listed(workspaces).length : beyond(workspaces),
      keys: beyond(keys),
      principals: beyond(principals),
      processes: beyond(processes),
    },
  };
}
