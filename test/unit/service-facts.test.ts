import { describe, expect, test } from 'vitest';
import { AppError } from '../../lib/domain/app-error.ts';
import { parseServiceForm, serviceFacts } from '../../lib/services/answers/service-facts.ts';
import { isNamed } from '../../lib/shared/service-facts.ts';

const hourMs = 3_600_000;

describe('what is told of a service', () => {
  test('is read as it is written, all of it optional', () => {
    expect(parseServiceForm({})).toEqual({
      principals: [],
      messagesPerHour: null,
      promise: null,
      deploys: [],
    });
    const facts = serviceFacts(
      parseServiceForm({
        principals: ['messages-prod'],
        messagesPerHour: 120_000,
        promise: { ttl: '30m' },
        deploys: ['2026-11-20T10:00Z', '2026-11-20T08:00:00+00:00'],
      }),
    );
    expect(facts).toEqual({
      principals: ['messages-prod'],
      messagesPerHour: 120_000,
      promise: { ttlMs: hourMs / 2, dekLifetimeMs: null },
      deploys: [Date.UTC(2026, 10, 20, 8), Date.UTC(2026, 10, 20, 10)],
    });
    expect(serviceFacts(parseServiceForm({ promise: 'hourly' })).promise).toEqual({
      ttlMs: hourMs,
      dekLifetimeMs: hourMs,
    });
  });

  test.each([
    [[], 'it must be an object of principals, messagesPerHour, promise, deploys'],
    [{ colour: 'red' }, 'colour is not known; there are principals,'],
    [{ principals: 'a' }, 'principals must be a list'],
    [{ principals: [1] }, 'principals.0 must be a string'],
    [{ messagesPerHour: '120000' }, 'messagesPerHour must be a number'],
    [{ messagesPerHour: 0 }, 'messagesPerHour must be more than 0'],
    [{ promise: 'weekly' }, 'promise must be "daily", "hourly" or spans'],
    [{ promise: { ttl: '1 hour' } }, 'promise.ttl is no span; write 30m, 1h or 24h'],
    [{ promise: { tll: '1h' } }, 'promise.tll is not known; there are ttl, dekLifetime'],
    [{ deploys: ['2026-13-01T00:00Z'] }, 'deploys.0 is no time; write 2026-11-23T14:00Z'],
    [{ deploys: [1_764_000_000_000] }, 'deploys.0 must be a string'],
  ])('%j is refused, the field named', (input, reason) => {
    expect(() => parseServiceForm(input)).toThrow(AppError);
    expect(() => parseServiceForm(input)).toThrow(reason);
  });

  test('names a principal by id, ARN or the role’s own name, and by no part of it', () => {
    const principal = { id: 'AROA1', name: 'arn:aws:iam::1:role/path/messages-prod' };
    for (const name of ['AROA1', principal.name, 'messages-prod'])
      expect(isNamed({ principals: [name] }, principal)).toBe(true);
    for (const name of ['AROA', 'messages', 'path/messages-prod', ''])
      expect(isNamed({ principals: [name] }, principal)).toBe(false);
  });
});
