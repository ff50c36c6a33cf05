import { expect, test } from 'vitest';
import { inferCauses } from '../../lib/explain/log-only/infer-causes.ts';
import { logUse } from '../support/records.ts';

const start = Date.UTC(2026, 10, 24, 12);

test('hostile contexts cost no more than others', () => {
  const uses = Array.from({ length: 20_000 }, (_, no) =>
    logUse(start + no * 1_000, {
      eventId: `h${no}`,
      context: [
        ['__proto__', `v${no}`],
        ['constructor', '\u0000\n"'],
      ],
    }),
  );
  expect(inferCauses(uses).findings).toMatchObject([{ contexts: 20_000 }]);
});
