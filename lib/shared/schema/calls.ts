/** What `/api/calls` and `/api/audit-events` answer. */
import { z } from 'zod';
import { timeWindowShape } from './window.ts';

export const attemptViewShape = z
  .object({
    process: z.string(),
    boot: z.string(),
    seq: z.number(),
    attempt: z.number(),
    at: z.number(),
    sentAt: z.number(),
    durationMs: z.number(),
    workspace: z.string(),
    key: z.string(),
    operation: z.string(),
    cause: z.string(),
    sent: z.boolean(),
    outcome: z.string(),
    errorCode: z.string().nullable(),
    requestId: z.string().nullable(),
    spanId: z.string(),
    joinMethod: z
      .string()
      .nullable()
      .describe('`request-id`, `claim`, `assignment`, or null where no event was found.'),
    joinConfidence: z
      .number()
      .nullable()
      .describe('How sure an assignment is, in (0, 1]; null where an id or a claim told.'),
    state: z.string().describe('`matched`, `pending`, `never-logged`, `never-sent`, `unmatched`.'),
  })
  .meta({ id: 'AttemptView' });

export const eventViewShape = z
  .object({
    eventId: z.string(),
    at: z.number(),
    operation: z.string(),
    key: z.string().nullable(),
    principal: z.string(),
    principalName: z.string(),
    session: z.string().nullable(),
    requestId: z.string().nullable(),
    errorCode: z.string().nullable(),
    sourceIp: z.string().nullable(),
    state: z
      .string()
      .describe(
        '`matched`, `not-told`, `telemetry-lost`, `suspect`, `stranger`, `not-known`, `other-operation`.',
      ),
  })
  .meta({ id: 'EventView' });

export const callRowShape = z
  .object({
    attempt: attemptViewShape.nullable(),
    event: eventViewShape.nullable(),
  })
  .meta({
    id: 'CallRow',
    description: 'One line of the calls page: an attempt, its audit event, or both.',
  });

export const callsViewShape = z
  .object({
    window: timeWindowShape,
    rows: z.array(callRowShape),
    total: z.number().describe('Rows that match in all, counted up to `totalMax`.'),
    totalMax: z.number(),
    nextCursor: z
      .string()
      .nullable()
      .describe('Give back as `cursor` for the next page; null at the end.'),
    sumsBefore: z
      .number()
      .nullable()
      .describe('Where the window begins past retention: the instant from which rows exist.'),
  })
  .meta({ id: 'CallsView' });

export const rawEventViewShape = z
  .object({
    event: eventViewShape,
    raw: z.string().describe('The record as delivered, JSON text.'),
    source: z.string(),
  })
  .meta({ id: 'RawEventView' });
