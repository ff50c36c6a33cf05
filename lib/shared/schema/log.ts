/** What a log alone tells beyond causes: what is promised, what to change, what a person could tell. */
import { z } from 'zod';
import { sentenceLinkShape } from './window.ts';

export const logFindingShape = z
  .object({
    key: z.string().nullable(),
    principal: z.string(),
    invokedBy: z
      .string()
      .nullable()
      .describe("The cloud service that asked on the principal's behalf."),
    requests: z.number().describe('Where a sample was looked at, what all of them would be.'),
    names: z
      .array(
        z.object({
          name: z.string(),
          values: z.number(),
          role: z.enum(['constant', 'key', 'owner', 'time']),
        }),
      )
      .describe("The encryption context's names, and what each seems to stand for."),
    contexts: z.number().describe('Different contexts.'),
    processes: z.number().describe('As many as `processBy` tells apart.'),
    processBy: z
      .enum(['session', 'address', 'successive sessions'])
      .describe('What tells processes apart; an address may be that of several.'),
    identity: z
      .enum(['key', 'scope', 'none', 'left-out', 'unknown'])
      .describe(
        "What one context stands for: one data key, many of them (`scope`), or the log can't tell: it has none, or the export leaves it out (`left-out`).",
      ),
    ttl: z
      .object({
        ms: z.number(),
        fromMs: z.number(),
        toMs: z.number(),
        waits: z.number(),
        below: z.number().describe('The share of waits below it.'),
        score: z.number().describe('By how many standard deviations the step exceeds chance.'),
      })
      .nullable()
      .describe(
        "The TTL as repeated requests show it, ms, between `fromMs` and `toMs`; null where they don't.",
      ),
    dekLifetimeMs: z.number().nullable(),
    probes: z.array(
      z.object({
        operation: z.string(),
        everyMs: z.number(),
        requests: z.number(),
      }),
    ),
  })
  .meta({
    id: 'LogFinding',
    description:
      "What the log shows of one service's use of a key: whose, under what contexts, at what TTL.",
  });

export const promiseCheckShape = z
  .object({
    id: z.enum(['ttl', 'silence', 'revocation', 'rotation']),
    label: z.string(),
    statedMs: z.number().nullable().describe('Ms; null where nothing is stated.'),
    foundMs: z.number().nullable().describe('Ms; null where the log has nothing of it.'),
    verdict: z
      .enum(['consistent', 'not-consistent', 'unknown'])
      .describe("`unknown`: the log can't tell."),
    because: z.string(),
  })
  .meta({
    id: 'PromiseCheck',
    description: 'One statement of a vendor, beside what the log shows of it.',
  });

export const promiseViewShape = z
  .object({
    stated: z
      .object({
        ttlMs: z.number().nullable(),
        dekLifetimeMs: z.number().nullable(),
        told: z.boolean(),
      })
      .describe('`told`: by a person; otherwise the more common of the published tables.'),
    checks: z.array(promiseCheckShape),
  })
  .meta({ id: 'PromiseView' });

export const adviceShape = z
  .object({
    id: z.enum(['coalesce', 'cache', 'share', 'capacity', 'probe', 'bucket-key', 'spread']),
    text: z.string(),
    links: z.array(sentenceLinkShape).describe('Of its numbers.'),
    requestsSaved: z
      .number()
      .describe('Requests of the window that it saves; 0 where it only lowers the peak.'),
  })
  .meta({ id: 'Advice', description: 'Something that could be changed, and what it would save.' });

export const helpShape = z
  .object({
    field: z.enum(['principals', 'messagesPerHour', 'promise', 'deploys']),
    text: z.string(),
  })
  .meta({
    id: 'Help',
    description:
      'What a person could tell of the service, and what it would explain; most helpful first.',
  });
