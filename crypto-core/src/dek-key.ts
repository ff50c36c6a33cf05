import { commitmentAt, dekIdAt } from './envelope.ts';

const dekIdBytes = commitmentAt - dekIdAt;
/** A workspace has at most 256 characters, of at most three bytes each. */
const room = Buffer.allocUnsafeSlow(dekIdBytes + 3 * 256);

/**
 * Names a DEK by id and workspace: whoever owns a key can wrap a DEK under any id, so ids are unique within a workspace
 * only. One character for each byte of the id and of the workspace's UTF-8, as one flat string: V8 would keep a joined
 * string and both its parts.
 */
export function cacheKey(workspace: string, header: Buffer): string {
  header.copy(room, 0, dekIdAt, commitmentAt);
  return room.toString('latin1', 0, dekIdBytes + room.write(workspace, dekIdBytes));
}

/** The DEK id in a cache key as telemetry names it: 32 hex digits. */
export function dekIdOfKey(key: string): string {
  return Buffer.from(key.slice(0, dekIdBytes), 'latin1').toString('hex');
}
