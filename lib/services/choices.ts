import type { ExplainView, TimeWindow } from '../shared/dto.ts';
import { readChoices } from '../store/read-choices.ts';
import type { ServiceContext } from './context.ts';

const choicesMax = 100;

/** What a screen may offer as filters, most calls first. */
export async function listChoices({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: { window: TimeWindow };
}): Promise<ExplainView['choices']> {
  const choices = await readChoices(ctx.db, { ...input.window, each: choicesMax });
  return { workspaces: choices.workspace, keys: choices.key, processes: choices.process };
}
