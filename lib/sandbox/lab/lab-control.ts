/** The control plane's part about labs: begin one, look at it, give it an order, end it. */
import { z } from 'zod';
import {
  labActKinds,
  labBounds,
  labClouds,
  labPresets,
  labScenarioIds,
  labSpreads,
} from '../../shared/lab/lab-view.ts';
import type { LabHouse } from './lab-house.ts';

const whole = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);

const configShape = z.strictObject({
  cloud: z.enum(labClouds),
  preset: z.enum(labPresets),
  ttlMinutes: whole(labBounds.ttlMinutes),
  processes: whole(labBounds.processes),
  spread: z.enum(labSpreads),
  seed: whole(labBounds.seed),
  scenario: z.enum(labScenarioIds).nullable(),
});

const orderShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('act'),
    act: z.strictObject({
      kind: z.enum(labActKinds),
      key: z.string().max(2_048).optional(),
      spread: z.enum(labSpreads).optional(),
    }),
  }),
  z.strictObject({ kind: z.literal('speed'), speed: z.number() }),
  // Whether that makes sense is the lab's to say.
  z.strictObject({ kind: z.literal('skip'), ms: z.number() }),
  z.strictObject({ kind: z.literal('next'), step: z.int().min(0) }),
  z.strictObject({ kind: z.literal('end') }),
]);

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
    return house.begin(parsed(configShape, body));
  }
  if (body === null) return house.view(id);
  const order = parsed(orderShape, body);
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
