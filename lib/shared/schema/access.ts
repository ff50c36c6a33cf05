/** What the cloud itself answers about a key, asked by a real wrap and unwrap. Instants are epoch ms. */
import { z } from 'zod';
import { gapShape } from './connections.ts';

export const validatedKeyShape = z
  .object({
    key: z.string(),
    at: z.number().describe('When it was asked; in the sandbox by its clock.'),
    state: z.enum(['active', 'being-revoked', 'revoked', 'unreachable']),
    since: z.number().nullable().describe('Of a state that is not active.'),
    sinceFrom: z
      .enum(['log', 'asked'])
      .nullable()
      .describe('By the event of the log that took it away, else since when it is answered so.'),
    inForceBy: z
      .number()
      .nullable()
      .describe('Of a revocation: by then no process uses a cached data key any more.'),
    ttlMs: z.number().describe('How long a data key may be used without asking.'),
    missing: z
      .enum([
        'key',
        'identity',
        'policy',
        'assignment',
        'permission',
        'network',
        'credentials',
        'service',
      ])
      .nullable()
      .describe('What to mend; `permission` where the cloud does not tell policy from assignment.'),
    operation: z.enum(['Encrypt', 'Decrypt']).nullable().describe('The one that failed.'),
    reason: z.string().nullable().describe('The cloud’s own error code.'),
  })
  .meta({ id: 'ValidatedKey' });

export const accessConditionShape = z.object({
  condition: z.enum(['identity', 'policy', 'assignment']),
  met: z.enum(['yes', 'no', 'untold']),
});

export const keyPermissionsShape = z.object({
  identity: z.string().nullable().describe('Who the cloud says asks; null where it does not.'),
  more: z.array(z.string()).describe('Allowed, and not needed.'),
  refused: z.array(z.string()).describe('Asked for and not allowed, as it should be.'),
  untold: z
    .array(z.string())
    .describe('What cannot be asked without doing it, or was not answered.'),
});

export const accessViewShape = z
  .object({
    validated: validatedKeyShape,
    conditions: z.array(accessConditionShape),
    permissions: keyPermissionsShape.nullable().describe('Null where the cloud did not answer.'),
    others: z
      .array(z.object({ name: z.string(), lastAt: z.number() }))
      .describe('Callers in its log that are not known to be this service.'),
    log: z
      .object({
        state: z
          .enum(['on', 'off', 'none'])
          .describe(
            '`off`: a switch of it takes uses out; `none`: nothing of the key has come in.',
          ),
        lastUseAt: z.number().nullable(),
        gaps: z.array(gapShape).describe('What it is known to lack, and what mends that.'),
      })
      .describe('The key’s log, as far as it was read.'),
  })
  .meta({ id: 'AccessView' });
