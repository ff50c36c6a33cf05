import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { systemClock } from '../../domain/clock.ts';
import type { SandboxView } from '../../shared/dto.ts';
import { tellOwner } from '../owner.ts';
import type { SandboxClient } from '../sandbox-client.ts';
import type { ServerContext } from '../server-context.ts';

export const speedInput = z.object({ speed: z.number().min(0).max(3600) });

/** Whether a sandbox runs, and how its clock does. */
export async function describeSandbox({ ctx }: { ctx: ServerContext }): Promise<SandboxView> {
  if (ctx.sandbox === null)
    return { running: false, now: systemClock.now(), speed: 1, laying: false };
  const { now, speed, laying } = await ctx.sandbox.state();
  return { running: true, now, speed, laying };
}

/**
 * Asks the process that owns the database for a sandbox; `describeSandbox` tells when it runs.
 * @throws {AppError} `unavailable` where the dashboard was started by another one.
 */
export async function startSandbox({ ctx }: { ctx: ServerContext }): Promise<SandboxView> {
  if (ctx.sandbox === null) tellOwner({ kind: 'start-sandbox' });
  return describeSandbox({ ctx });
}

/** @throws {AppError} */
export async function setSandboxSpeed({
  ctx,
  input,
}: {
  ctx: ServerContext;
  input: unknown;
}): Promise<SandboxView> {
  const { speed: wanted } = parse(speedInput, input);
  const { now, speed, laying } = await running(ctx).setSpeed(wanted);
  return { running: true, now, speed, laying };
}

function running(ctx: ServerContext): SandboxClient {
  if (ctx.sandbox === null) {
    throw new AppError('not-found', 'No sandbox runs here: change a real key in its own cloud.');
  }
  return ctx.sandbox;
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError(
    'bad-request',
    `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}.`,
  );
}
