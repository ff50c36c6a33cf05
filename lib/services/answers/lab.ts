/** The lab is the sandbox's: what is asked of it goes there, and it says itself what it does not understand. */
import { AppError } from '../../domain/app-error.ts';
import type { LabsView, LabView, RunningLab } from '../../shared/lab/lab-view.ts';
import type { SandboxClient } from '../sandbox-client.ts';
import type { ServerContext } from '../server-context.ts';

type Ctx = Pick<ServerContext, 'sandbox'>;

/** Whether labs can run here, and which do. */
export async function listLabs({ ctx }: { ctx: Ctx }): Promise<LabsView> {
  if (ctx.sandbox === null) return { state: 'none', labs: [] };
  const { laying } = await ctx.sandbox.state();
  if (laying) return { state: 'laying', labs: [] };
  return { state: 'ready', ...(await ctx.sandbox.labs()) };
}

/** @throws {AppError} */
export async function viewLab({ ctx, input: id }: { ctx: Ctx; input: string }): Promise<LabView> {
  return running(ctx).lab(id);
}

/** @throws {AppError} */
export async function beginLab({ ctx, input }: { ctx: Ctx; input: unknown }): Promise<LabView> {
  return running(ctx).beginLab(input);
}

/** @throws {AppError} */
export async function orderLab({
  ctx,
  input: { id, order },
}: {
  ctx: Ctx;
  input: { id: string; order: unknown };
}): Promise<LabView | { labs: RunningLab[] }> {
  return running(ctx).orderLab(id, order);
}

function running({ sandbox }: Ctx): SandboxClient {
  if (sandbox !== null) return sandbox;
  throw new AppError('not-found', 'The lab is a part of the sandbox, and no sandbox runs here.');
}
