import type { ChangeNature } from '../../domain/key-changes.ts';
import type { KeyLifeState } from '../../shared/keys-view.ts';

/** A key's state after all of its changes, in order of time, and since when. */
export function keyStateOf(
  changes: readonly (ChangeNature & { at: number; operation: string })[],
): { state: KeyLifeState; since: number | null } {
  let told: { state: KeyLifeState; since: number | null } = { state: 'untold', since: null };
  for (const { kind, effect, at, operation } of changes) {
    // What is scheduled is pending; the event of the deletion itself comes later.
    const isGone = /^(?:DeleteKey|KeyPurge|VaultPurge)$/.test(operation);
    if (kind === 'create' && told.state === 'untold') told = { state: 'enabled', since: at };
    else if (kind === 'key-state')
      told = { state: effect === 'gives' ? 'enabled' : 'disabled', since: at };
    else if (kind === 'destroy' && effect === 'takes')
      told = { state: isGone ? 'deleted' : 'pending-deletion', since: at };
    else if (kind === 'destroy')
      told = { state: effect === 'gives' ? 'enabled' : 'disabled', since: at };
  }
  return told;
}
