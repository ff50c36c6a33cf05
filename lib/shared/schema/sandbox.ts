/** What the API answers about the sandbox and a revocation, and the body of every failed answer. */
import { z } from 'zod';

export const processLeaseShape = z
  .object({
    process: z.string(),
    boot: z.string(),
    lastLeaseEndsAt: z
      .number()
      .nullable()
      .describe('When its last lease ends; null where it holds none.'),
    liveDeks: z.number().describe('DEKs whose lease still runs.'),
    deniedAt: z
      .number()
      .nullable()
      .describe(
        'When the key was last denied to it after its last success; null where it was not.',
      ),
    lastSuccessAt: z.number().nullable(),
    lastWordAt: z.number().describe('The newest instant of any telemetry of this process.'),
    state: z
      .enum(['serving', 'stale', 'dark', 'idle'])
      .describe(
        '`serving`: leases run. `stale`: they would, but nothing has been heard of the process for a while. `dark`: denied or out of leases. `idle`: no lease and nothing denied.',
      ),
  })
  .meta({ id: 'ProcessLease', description: "One engine process's hold on the key." });

export const revocationViewShape = z
  .object({
    now: z.number(),
    speed: z
      .number()
      .describe('Data-clock milliseconds per wall millisecond: 1 but in the sandbox.'),
    keys: z.array(
      z.object({
        key: z.string(),
        enabled: z
          .boolean()
          .nullable()
          .describe(
            'As the sandbox knows it, else as the log’s events tell it; null where none does.',
          ),
        disabledAt: z.number().nullable(),
        darkBy: z
          .number()
          .nullable()
          .describe('When the last process must be dark, by leases; null where nothing is leased.'),
        processes: z.array(processLeaseShape),
      }),
    ),
  })
  .meta({ id: 'RevocationView' });

export const sandboxViewShape = z
  .object({
    running: z.boolean(),
    now: z.number(),
    speed: z.number(),
    laying: z.boolean().describe('Its history is still being laid.'),
  })
  .meta({
    id: 'SandboxView',
    description: "Whether the data is the sandbox's, and how its clock runs.",
  });

export const errorViewShape = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      requestId: z.string().exactOptional(),
    }),
  })
  .meta({ id: 'ErrorView', description: 'The body of every failed answer.' });
