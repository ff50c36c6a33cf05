import type { KmsRequest } from '../provider.ts';

/**
 * The bytes that a wrapped DEK is bound to; they differ for each workspace and DEK. `docs/format.md` specifies them.
 */
export function contextBytes({ context }: Pick<KmsRequest, 'context'>): Buffer {
  return Buffer.from(JSON.stringify(['keytide/1', context.workspace, context.dekId]));
}
