/** The control plane's part about labs: begin one, look at it, give it an order, end it. */
import type { z } from 'zod';
import { labConfigShape, labOrderShape } from '../../shared/schema/lab.ts';
import type { LabHouse } from './lab-house.ts';

/**
 * Answers a request under `/labs`; null where there is nothing. `body` is null for one that only looks.
 * @throws {LabGone} {LabsFull} {RangeError}
 */
export async function answerLabs(
  house: LabHouse,
  path: string,
  body: object | null,
): Promise<object | null> {
  const [, labs, id, ...rest] = path.split('/');
  if (labs !== 'labs' || rest.length > 0) return null;
  if (id === undefined) {
    if (body === null) return { labs: house.list() };
    return house.begin(parsed(labConfigShape, body));
  }
  if (body === null) return house.view(id);
  const order = parsed(labOrderShape, body);
  if (order.kind !== 'end') return house.order(id, order);
  await house.end(id);
  return { labs: house.list() };
}

function parsed<T>(shape: z.ZodType<T>, body: object): T {
  const { data, error } = shape.safeParse(body);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  throw new RangeError(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'not understood'}`);
}
