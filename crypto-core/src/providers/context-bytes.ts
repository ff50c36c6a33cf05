import type { KmsRequest } from '../provider.ts';

/** What a wrapped DEK is bound to: no two workspaces and DEKs give the same bytes. `docs/format.md` specifies them. */
export function contextBytes({ context }: Pick<KmsRequest, 'context'>): Buffer {
  return Buffer.from(JSON.stringify(['keytide/1', context.workspace, context.dekId]));
}
