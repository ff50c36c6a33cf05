import { describe, expect, test } from 'vitest';
import {
  formOf,
  hasPrincipal,
  placeServiceFault,
  serviceDraftOf,
  withPrincipal,
} from '../../components/service/service-draft.ts';
import { parseServiceForm } from '../../lib/services/answers/service-facts.ts';
import { noService, type ServiceForm } from '../../lib/shared/service-facts.ts';

const forms: ServiceForm[] = [
  noService,
  {
    principals: ['messages-prod', 'AROA1'],
    messagesPerHour: 120_000,
    promise: 'daily',
    deploys: ['2026-11-20T08:00Z'],
  },
  { ...noService, promise: { ttl: '20m', dekLifetime: null } },
];

describe('the form of what is known of the service', () => {
  test.each(forms)('says what was told: %j', (form) => {
    expect(parseServiceForm(formOf(serviceDraftOf(form)))).toEqual(form);
  });

  test('leaves blank lines out, and thousands may be parted', () => {
    const draft = {
      ...serviceDraftOf(noService),
      principals: ' a \n\n b\n',
      messagesPerHour: '120,000',
    };
    expect(formOf(draft)).toMatchObject({ principals: ['a', 'b'], messagesPerHour: 120_000 });
  });

  test('takes a principal on and off', () => {
    const app = { id: 'arn:aws:iam::111122223333:role/app', name: 'role/app' };
    const draft = withPrincipal(serviceDraftOf(noService), app, true);
    expect(hasPrincipal(draft, app)).toBe(true);
    expect(hasPrincipal(withPrincipal(draft, app, false), app)).toBe(false);
    const typed = { ...draft, principals: `other\n${app.id}` };
    expect(hasPrincipal(typed, app)).toBe(true);
    expect(withPrincipal(typed, app, false).principals).toBe('other');
  });

  test('says what the server refuses at the field it is about', () => {
    const refused = (change: Partial<ReturnType<typeof serviceDraftOf>>) => {
      try {
        parseServiceForm(formOf({ ...serviceDraftOf(noService), ...change }));
        return null;
      } catch (error) {
        return placeServiceFault(error instanceof Error ? error.message : '');
      }
    };
    expect(refused({ messagesPerHour: 'many' })).toEqual({
      field: 'messagesPerHour',
      text: 'This must be a number.',
    });
    expect(refused({ deploys: '2026-11-20T08:00Z\nnoon' })).toMatchObject({
      field: 'deploys',
      text: expect.stringMatching(/^Line 2 is no time/),
    });
    expect(refused({ promise: 'other', ttl: 'soon' })).toMatchObject({
      field: 'promise',
      text: expect.stringMatching(/^ttl is no span/),
    });
    expect(placeServiceFault('The server did not answer.').field).toBeNull();
  });
});
