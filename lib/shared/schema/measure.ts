/** How long a cloud took to obey, measured on a test key. Instants are epoch ms. */
import { z } from 'zod';

export const measureTurnShape = z.object({
  at: z.number().describe('When the first request was answered so.'),
  after: z
    .number()
    .nullable()
    .describe('When the last one before it was sent; null for the first of all.'),
  answer: z.enum(['granted', 'refused', 'unanswered']),
  operation: z.enum(['Encrypt', 'Decrypt']).nullable(),
  reason: z.string().nullable().describe('The cloud’s own error code.'),
});

export const measureViewShape = z
  .object({
    key: z.string(),
    isTestKey: z.boolean().describe('Marked by KEYTIDE_TEST_KEYS, or a key of the sandbox.'),
    measured: z
      .object({
        startedAt: z.number(),
        endedAt: z.number().nullable().describe('Null while it runs.'),
        asked: z.number().describe('How often: each is an Encrypt and a Decrypt.'),
        lastAt: z.number().nullable(),
        turns: z.array(measureTurnShape).describe('Each time the answer became another one.'),
        changes: z
          .array(z.object({ at: z.number(), operation: z.string(), gives: z.boolean() }))
          .describe('What its log has of the same time, as far as it has come.'),
      })
      .nullable()
      .describe('Null where it was not measured since Keytide started.'),
  })
  .meta({ id: 'MeasureView' });

export const measureBody = z.strictObject({
  confirm: z.string().describe('The key’s whole id, typed in.'),
});
