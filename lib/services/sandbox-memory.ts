import { z } from 'zod';
import { transaction } from '../store/connection/transaction.ts';
import { deleteSourcesOf } from '../store/entities/audit-sources.ts';
import { readSetting, writeSetting } from '../store/entities/settings.ts';
import { deleteKeyData } from '../store/upkeep/delete-key-data.ts';
import type { ServiceContext } from './context.ts';

/** Which sandbox this store's data comes from, by the keys of its clouds, and whether its history is complete. */
const memory = z
  .object({
    key: z.string(),
    others: z.array(z.string()).default([]),
    state: z.enum(['laying', 'laid']),
  })
  .transform(({ key, others, state }) => ({ keys: [key, ...others], state }));
export type SandboxMemory = z.infer<typeof memory>;

type Ctx = Pick<ServiceContext, 'db'>;
const name = 'sandbox';

export async function rememberedSandbox({ ctx }: { ctx: Ctx }): Promise<SandboxMemory | null> {
  return memory.safeParse(await readSetting(ctx.db, name)).data ?? null;
}

export async function rememberSandbox({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: SandboxMemory;
}): Promise<void> {
  const [key, ...others] = input.keys;
  await writeSetting(ctx.db, name, { key, others, state: input.state });
}

/** Deletes everything about one key of a sandbox that is not continued, and where its logs were read. */
export async function forgetSandbox({
  ctx,
  input: key,
}: {
  ctx: Ctx;
  input: string;
}): Promise<void> {
  await transaction(ctx.db, async (tx) => {
    await deleteKeyData(tx, key);
    await deleteSourcesOf(tx, 'sandbox');
  });
}
