import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import { parseInstant, parseSpan } from '../../shared/instants.ts';
import {
  noService,
  promisePresetNames,
  promisePresets,
  type ServiceFacts,
  type ServiceForm,
} from '../../shared/service-facts.ts';
import { touchAllDays } from '../../store/detection/detection-days.ts';
import { readSetting, writeSetting } from '../../store/entities/settings.ts';
import type { ServiceContext, ViewContext } from '../context.ts';

const name = 'service';

const span = z.string().refine((text) => parseSpan(text) !== null, {
  error: 'is no span; write 30m, 1h or 24h',
});
const instant = z.string().refine((text) => parseInstant(text) !== null, {
  error: 'is no time; write 2026-11-23T14:00Z',
});

/** What a person knows of the service: the body of its route, and of `explain --service`. */
export const serviceForm = z
  .strictObject({
    principals: z
      .array(z.string().trim().min(1, 'is empty').max(2_048, 'is too long'))
      .max(100, 'has more than 100 entries')
      .default([]),
    messagesPerHour: z
      .number()
      .positive('must be more than 0')
      .max(1e12, 'is too large')
      .nullable()
      .default(null),
    promise: z
      .union(
        [
          z.enum(promisePresetNames),
          z.strictObject({
            ttl: span.nullable().default(null),
            dekLifetime: span.nullable().default(null),
          }),
        ],
        {
          error: 'must be "daily", "hourly" or spans such as {"ttl": "1h", "dekLifetime": "24h"}',
        },
      )
      .nullable()
      .default(null),
    deploys: z.array(instant).max(1_000, 'has more than 1,000 entries').default([]),
  })
  .meta({ id: 'ServiceForm', description: 'What a person knows of the service whose log it is.' });

/** @throws {AppError} `bad-request` naming the field. */
export function parseServiceForm(input: unknown): ServiceForm {
  const parsed = serviceForm.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = Object.keys(serviceForm.shape).join(', ');
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const there = path === '' ? known : 'ttl, dekLifetime';
    throw fault(`${[...issue.path, issue.keys[0]].join('.')} is not known; there are ${there}`);
  }
  if (path === '') throw fault(`it must be an object of ${known}`);
  throw fault(`${path} ${plain(issue)}`);
}

const fault = (text: string) => new AppError('bad-request', `Service: ${text}.`);

function plain(issue: z.core.$ZodIssue | undefined): string {
  return issue?.code === 'invalid_type'
    ? `must be ${issue.expected === 'array' ? 'a list' : `a ${issue.expected}`}`
    : (issue?.message ?? 'is not understood');
}

/** The facts that a form tells. */
export function serviceFacts(told: ServiceForm): ServiceFacts {
  const { principals, messagesPerHour, promise, deploys } = told;
  return {
    principals,
    messagesPerHour,
    promise: promise === null ? null : promisedSpans(promise),
    deploys: deploys.flatMap((text) => parseInstant(text) ?? []).sort((a, b) => a - b),
  };
}

/** The spans of a promise in ms. */
export function promisedSpans(promise: NonNullable<ServiceForm['promise']>): {
  ttlMs: number | null;
  dekLifetimeMs: number | null;
} {
  const { ttl, dekLifetime } = typeof promise === 'string' ? promisePresets[promise] : promise;
  const ms = (text: string | null) => (text === null ? null : parseSpan(text));
  return { ttlMs: ms(ttl), dekLifetimeMs: ms(dekLifetime) };
}

/** What was told of the service: with this run, else kept; nothing where nothing was. */
export async function readService({
  ctx,
}: {
  ctx: Pick<ViewContext, 'db' | 'service'>;
}): Promise<ServiceForm> {
  if (ctx.service !== undefined) return ctx.service;
  const kept = serviceForm.safeParse(await readSetting(ctx.db, name));
  return kept.success ? kept.data : noService;
}

/** @throws {AppError} `bad-request` naming the field. */
export async function writeService({
  ctx,
  input,
}: {
  ctx: Pick<ServiceContext, 'db'>;
  input: unknown;
}): Promise<ServiceForm> {
  const told = parseServiceForm(input);
  await writeSetting(ctx.db, name, told);
  // The log's spikes are explained by it.
  await touchAllDays(ctx.db);
  return told;
}
