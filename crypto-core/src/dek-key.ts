import { commitmentAt, dekIdAt } from './envelope.ts';

/** DEK ids are unique within a workspace only: whoever owns a key can wrap a DEK under any id. */
export function cacheKey(workspace: string, header: Buffer): string {
  return header.toString('latin1', dekIdAt, commitmentAt) + workspace;
}

/** The DEK id in a cache key as telemetry names it: 32 hex digits. */
export function dekIdOfKey(key: string): string {
  return Buffer.from(key.slice(0, commitmentAt - dekIdAt), 'latin1').toString('hex');
}
