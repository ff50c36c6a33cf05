/** An engine for each key that is asked about: it remembers since when the key is refused. */
import { createEngine, type Engine, systemRuntime } from '@keytide/crypto-core';
import type { SandboxAccess, SandboxClient } from '../sandbox-client.ts';
import { cloudKeyOf, type KeyDoor, keyDoor } from './key-door.ts';

export interface KeyEngine extends KeyDoor {
  /** The key's id. */
  key: string;
  engine: Engine;
  /** Sets its clock, which goes on from there (epoch ms). */
  setNow(now: number): void;
}

const enginesMax = 32;

export class KeyEngines {
  readonly #sandbox: () => SandboxClient | null;
  readonly #byKey = new Map<string, KeyEngine>();

  constructor(sandbox: () => SandboxClient | null) {
    this.#sandbox = sandbox;
  }

  /** @throws {AppError} `bad-request` where it is no key of a cloud */
  async get(text: string): Promise<KeyEngine> {
    const key = cloudKeyOf(text);
    const access = await this.#access();
    const known = this.#byKey.get(key.id);
    if (known !== undefined) return known;
    const door = keyDoor(key, access);
    let aheadMs = 0;
    const engine = createEngine({
      provider: door.provider,
      keyFor: () => key.id,
      process: 'check',
      policy: { deks: 'private' },
      runtime: { ...systemRuntime, now: () => systemRuntime.now() + aheadMs },
    });
    const setNow = (now: number) => {
      aheadMs = now - systemRuntime.now();
    };
    const made = { ...door, key: key.id, engine, setNow };
    this.#byKey.set(key.id, made);
    const [oldest] = this.#byKey.values();
    if (this.#byKey.size > enginesMax && oldest !== undefined) await this.#end(oldest);
    return made;
  }

  async close(): Promise<void> {
    for (const one of [...this.#byKey.values()]) await this.#end(one);
  }

  /** A sandbox that is still laying its history has no clouds yet. */
  async #access(): Promise<SandboxAccess | null> {
    const sandbox = this.#sandbox();
    return sandbox === null ? null : sandbox.access();
  }

  async #end(one: KeyEngine): Promise<void> {
    this.#byKey.delete(one.key);
    one.permissions.close();
    await one.engine.close();
    one.provider.close?.();
  }
}
