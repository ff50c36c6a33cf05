import { requireSameOrigin } from '../../../../../lib/http/guards.ts';
import { partBeforeLast } from '../../../../../lib/http/plain-query.ts';
import { readJson } from '../../../../../lib/http/read-json.ts';
import { handler } from '../../../../../lib/http/respond.ts';
import { measureOrder } from '../../../../../lib/services/measure-order.ts';
import { askOwner, type MeasureOrder } from '../../../../../lib/services/owner.ts';

const measure = (request: Request, order: MeasureOrder) =>
  askOwner<'measure-key'>({ kind: 'measure-key', key: partBeforeLast(request), order });

export const GET = handler((request) => measure(request, { kind: 'look' }));

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  return measure(request, measureOrder(await readJson(request, 4096)));
});

export const DELETE = handler((request) => {
  requireSameOrigin(request);
  return measure(request, { kind: 'end' });
});
