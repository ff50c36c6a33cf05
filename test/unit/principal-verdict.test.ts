import { expect, test } from 'vitest';
import type { PrincipalUse } from '../../lib/shared/dto.ts';
import { principalVerdict } from '../../lib/shared/principal-verdict.ts';
import { keyArn } from '../support/records.ts';

const use = (given: Partial<PrincipalUse>): PrincipalUse => ({
  kind: 'stranger',
  principal: 'p',
  name: 'p',
  key: keyArn,
  events: 12,
  firstAt: 0,
  lastAt: 1,
  sourceIps: ['10.0.0.1', '10.0.0.2'],
  addresses: 2,
  services: [],
  operations: { Encrypt: 3, Decrypt: 9 },
  ...given,
});

test.each([
  [{}, 'Stranger', 'made 12 uses from 2 addresses. 9 of them opened data.'],
  [{ operations: { Encrypt: 12 } }, 'Stranger', 'None of them opened data.'],
  [{ kind: 'suspect', events: 1 }, 'Suspect', 'no process of it made this use'],
  [{ services: ['s3.amazonaws.com'] }, 'Cloud service', 's3.amazonaws.com asked on'],
  [{ kind: 'own' }, 'Yours', 'You named it'],
  [
    { kind: 'unknown', sourceIps: [], addresses: 0 },
    null,
    'Nobody said whose it is. It made 12 uses. 9 of them',
  ],
] as const)('%o is judged with what that rests on', (given, word, text) => {
  const verdict = principalVerdict(use(given as Partial<PrincipalUse>));
  expect(verdict.word).toBe(word);
  expect(verdict.text).toContain(text);
});
