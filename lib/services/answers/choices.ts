import type { ExplainView } from '../../shared/dto.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import { wholeMinutes } from '../../shared/window-param.ts';
import { readChoices } from '../../store/views/read-choices.ts';
import { readPrincipals } from '../../store/views/read-principals.ts';
import type { ServiceContext, ViewContext } from '../context.ts';
import { oneSnapshot } from './one-snapshot.ts';

type Choices = ExplainView['choices'];

const choicesMax = 100;

/** What a screen offers as filters, most calls first. */
export const listChoices = ({
  ctx,
  input,
}: {
  ctx: ServiceContext;
  input: { window: TimeWindow };
}): Promise<Choices> => oneSnapshot(ctx, (view) => choicesIn(view, input));

export async function choicesIn(
  ctx: ViewContext,
  { window }: { window: TimeWindow },
): Promise<Choices> {
  const choices = await readChoices(ctx.db, { ...wholeMinutes(window), each: choicesMax });
  const { workspace: workspaces, key: keys, process: processes } = choices;
  const names = new Map((await readPrincipals(ctx.db)).map(({ id, name }) => [id, name]));
  const principals = processes.length > 0 ? [] : choices.principal;
  return {
    workspaces,
    keys,
    principals: principals.map((id) => ({ id, name: names.get(id) ?? id })),
    processes,
  };
}
