import { blockMemory } from './block-memory.ts';

/**
 * Where processes find a workspace's current encryption DEK. It holds envelope headers (DEK id, commitment, key URI and
 * eDEK), never key material. docs/format.md specifies headers.
 */
export interface DekDirectory {
  /** The workspace's current header, or undefined if it has none. */
  current(workspace: string, options: PortOptions): Promise<Uint8Array | undefined>;
  /**
   * Replaces the current header by `next`, atomically, if it still is `previous` (undefined: there is none).
   * Resolves to the header that is current afterwards: `next`, or the one of another process that was first.
   */
  replace(
    workspace: string,
    previous: Uint8Array | undefined,
    next: Uint8Array,
    options: PortOptions,
  ): Promise<Uint8Array>;
}

/** Options of every call of the port. */
export interface PortOptions {
  /** Aborted after `policy.attemptTimeoutMs`, when the engine stops waiting for the answer. */
  signal: AbortSignal;
}

/** A buffer from Node's pool would keep the whole pool block in memory. */
const headerBuffer = blockMemory(8192);

/** A directory for the engines of one Node.js process; it forgets everything when the process ends. */
export function memoryDirectory(): DekDirectory {
  const headers = new Map<string, Uint8Array>();
  return {
    current: async (workspace) => copyOf(headers.get(workspace)),
    replace: async (workspace, previous, next) => {
      const current = headers.get(workspace);
      const unchanged =
        current === undefined
          ? previous === undefined
          : previous !== undefined && Buffer.compare(current, previous) === 0;
      if (!unchanged && current !== undefined) return Buffer.from(current);
      const kept = headerBuffer(next.length);
      kept.set(next);
      headers.set(workspace, kept);
      return Buffer.from(kept);
    },
  };
}

/** A copy, because the caller may change the bytes. */
const copyOf = (header: Uint8Array | undefined): Buffer | undefined =>
  header && Buffer.from(header);
