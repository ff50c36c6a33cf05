/** What the API answers about keys: how each lives, who uses it, and what breaks without it. Instants are epoch ms. */
import { z } from 'zod';
import { revokedHowShape } from './drill.ts';

export const keyStateShape = z
  .enum(['enabled', 'disabled', 'pending-deletion', 'deleted', 'untold'])
  .describe('As the log’s events tell it; `untold` where none is about its state.');

export const listedKeyShape = z
  .object({
    key: z.string(),
    state: keyStateShape,
    since: z.number().nullable(),
    lastEventAt: z.number().nullable().describe('The newest event of its log.'),
    lastCallAt: z.number().nullable().describe('The newest call that telemetry tells.'),
  })
  .meta({ id: 'ListedKey' });

export const keysViewShape = z
  .object({ now: z.number(), keys: z.array(listedKeyShape) })
  .meta({ id: 'KeysView' });

const dekAgesShape = z.array(
  z.object({
    age: z.enum(['hour', 'day', 'week', 'older']),
    deks: z.number(),
    held: z.number().describe('Held by a process now.'),
    refused: z.number().describe('Whose last load was refused.'),
  }),
);

export const readableViewShape = z
  .object({
    now: z.number(),
    keys: z.array(z.object({ key: z.string(), state: keyStateShape, readable: dekAgesShape })),
  })
  .meta({ id: 'ReadableView' });

export const keyLifeShape = z.object({
  eventId: z.string(),
  at: z.number(),
  operation: z.string(),
  by: z.string(),
  kind: z.enum([...revokedHowShape.options, 'rotation', 'create']),
  effect: z
    .enum(['takes', 'gives', 'either', 'none'])
    .describe('What it does to who may use the key.'),
});

export const keyViewShape = z
  .object({
    key: z.string(),
    now: z.number(),
    state: keyStateShape,
    since: z.number().nullable(),
    life: z.array(keyLifeShape).describe('What changed it, oldest first.'),
    hours: z
      .array(z.object({ at: z.number(), granted: z.number(), refused: z.number() }))
      .describe('Requests in its log by hour.'),
    users: z.array(
      z.object({
        principal: z.string(),
        name: z.string(),
        verdict: z.enum(['ours', 'service', 'stranger']),
        events: z.number(),
        refused: z.number(),
        firstAt: z.number(),
        lastAt: z.number(),
      }),
    ),
    ifDisabled: z
      .object({
        workspaces: z.number(),
        processes: z.number(),
        darkBy: z.number().nullable(),
        others: z.array(z.string()).describe('Callers that are not ours and used it lately.'),
      })
      .describe('What breaks if it is disabled now.'),
    readable: dekAgesShape.describe('Data keys under it that telemetry tells, by age.'),
    mixed: z
      .array(z.object({ workspace: z.string(), keys: z.array(z.string()) }))
      .describe(
        'Workspaces whose calls of the last 14 days name data keys under this key and another one.',
      ),
  })
  .meta({ id: 'KeyView' });
