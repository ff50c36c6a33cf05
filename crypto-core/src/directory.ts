import { blockMemory } from './block-memory.ts';

/**
 * Where processes find a workspace's current encryption DEK. It holds envelope headers (DEK id, commitment, key URI and
 * eDEK), never key material. Headers are as docs/format.md says.
 */
export interface DekDirectory {
  /** The workspace's current header, or undefined where it has none. */
  current(workspace: string, options: PortOptions): Promise<Uint8Array | undefined>;
  /**
   * Makes `next` current if the current one still is `previous` (undefined: none), atomically.
   * Resolves to the header that is current afterwards: `next`, or the winner's.
   */
  replace(
    workspace: string,
    previous: Uint8Array | undefined,
    next: Uint8Array,
    options: PortOptions,
  ): Promise<Uint8Array>;
}

/** How a call of a port is given up. */
export interface PortOptions {
  /** Aborted when the answer is no longer waited for, after `policy.attemptTimeoutMs`. */
  signal: AbortSignal;
}

/** A buffer of Node's pool would hold on to all that was made beside it. */
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

/** Whoever gets a header may do with its bytes as it likes. */
const copyOf = (header: Uint8Array | undefined): Buffer | undefined =>
  header && Buffer.from(header);
