import { AppError } from '../domain/app-error.ts';
import { measureBody } from '../shared/schema/measure.ts';
import type { MeasureOrder } from './owner.ts';

/** @throws {AppError} `bad-request` where the body is no order to begin */
export function measureOrder(body: unknown): MeasureOrder {
  const parsed = measureBody.safeParse(body);
  if (parsed.success) return { kind: 'begin', confirm: parsed.data.confirm };
  throw new AppError('bad-request', 'Send {"confirm": "…"} with the whole id of the key.');
}
