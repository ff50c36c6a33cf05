/** What an identity may do with a key besides wrapping and unwrapping, as far as a cloud can be asked. */
import type { KeyPermissions } from '../../shared/access-view.ts';

export interface PermissionAsker {
  /** Changes nothing, and opens nothing. Never throws: what was not answered is untold. */
  ask(): Promise<KeyPermissions>;
  close(): void;
}

/** One thing to try: by the name of its permission. */
export interface Try {
  permission: string;
  run(): Promise<unknown>;
}

/** What a try's error says: refused, allowed after all (a dry run), or nothing. `identity` where it names us. */
export interface TryFault {
  told: 'refused' | 'allowed' | 'nothing';
  identity: string | null;
}

/** Tries one after the other; what succeeds is allowed. */
export async function tryAll(
  tries: readonly Try[],
  faultOf: (error: unknown) => TryFault,
): Promise<KeyPermissions> {
  const told: KeyPermissions = { identity: null, more: [], refused: [], untold: [] };
  for (const { permission, run } of tries) {
    try {
      await run();
      told.more.push(permission);
    } catch (error) {
      const fault = faultOf(error);
      told.identity ??= fault.identity;
      if (fault.told === 'allowed') told.more.push(permission);
      else (fault.told === 'refused' ? told.refused : told.untold).push(permission);
    }
  }
  return told;
}
