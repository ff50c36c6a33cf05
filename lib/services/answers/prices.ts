import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { defaultPrices, type PriceTable } from '../../shared/price-table.ts';
import { readSetting, writeSetting } from '../../store/entities/settings.ts';
import type { ServiceContext, ViewContext } from '../context.ts';

const name = 'prices';

/** The body of the price table's route. */
export const priceTable = z
  .object({
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD'),
    prices: z
      .array(
        z.object({
          provider: z.enum(['aws', 'gcp', 'azure']),
          per10k: z.number().min(0).max(1_000_000),
          freePerMonth: z.number().int().min(0).max(1_000_000_000_000),
          payer: z.string().min(1).max(200),
        }),
      )
      .length(3)
      .refine((prices) => new Set(prices.map(({ provider }) => provider)).size === 3, {
        message: 'must hold aws, gcp and azure once each',
      }),
  })
  .meta({
    id: 'PriceTable',
    description: 'What KMS requests cost: list prices that the user may change.',
  });

/** The price table in force: the user's, else the public list prices. */
export async function readPrices({ ctx }: { ctx: Pick<ViewContext, 'db'> }): Promise<PriceTable> {
  const kept = priceTable.safeParse(await readSetting(ctx.db, name));
  return kept.success ? kept.data : defaultPrices;
}

/** @throws {AppError} `bad-request` naming the field. */
export async function writePrices({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: unknown;
}): Promise<PriceTable> {
  const parsed = priceTable.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError(
      'bad-request',
      `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}.`,
    );
  }
  await writeSetting(ctx.db, name, parsed.data);
  return parsed.data;
}
