/** The sandbox service's database: envelopes by conversation, as many as a reader would open. Bounded. */
export interface Conversation {
  id: string;
  envelopes: Uint8Array[];
  lastAt: number;
}

const dayMs = 86_400_000;
const openedMax = 12;
const perWorkspaceMax = 4_000;

export class Conversations {
  readonly #byWorkspace = new Map<string, Conversation[]>();
  #made = 0;

  create(workspace: string, now: number): Conversation {
    this.#made += 1;
    const conversation = { id: `c${this.#made}`, envelopes: [], lastAt: now };
    const all = this.#all(workspace);
    all.push(conversation);
    if (all.length > perWorkspaceMax) all.shift();
    return conversation;
  }

  /** One of the conversations used in the last hours; `point` in [0, 1) chooses, the newest favoured. */
  recent(workspace: string, point: number): Conversation | undefined {
    const all = this.#all(workspace);
    const near = Math.min(all.length, 60);
    return all[all.length - 1 - Math.floor(point ** 2 * near)];
  }

  /** One that nobody wrote to for a day or more, or undefined where there is none. */
  old(workspace: string, point: number, now: number): Conversation | undefined {
    const still = this.#all(workspace).filter(({ lastAt }) => now - lastAt >= dayMs);
    return still[Math.floor(point * still.length)];
  }

  /** Conversations idle for so long, one list of envelopes each, oldest first. */
  still(idleMs: number, now: number): { workspace: string; conversation: Conversation }[] {
    const all = [...this.#byWorkspace].flatMap(([workspace, some]) =>
      some.flatMap((conversation) =>
        now - conversation.lastAt >= idleMs ? [{ workspace, conversation }] : [],
      ),
    );
    return all.sort((a, b) => a.conversation.lastAt - b.conversation.lastAt);
  }

  append(conversation: Conversation, envelope: Uint8Array, now: number): void {
    conversation.envelopes.push(envelope);
    if (conversation.envelopes.length > openedMax) conversation.envelopes.shift();
    conversation.lastAt = now;
  }

  #all(workspace: string): Conversation[] {
    let all = this.#byWorkspace.get(workspace);
    if (all === undefined) {
      all = [];
      this.#byWorkspace.set(workspace, all);
    }
    return all;
  }
}
