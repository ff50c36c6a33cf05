/** The lab service's database: envelopes by conversation, and the DEKs that they are sealed under. Bounded. */
import { parseEnvelope } from '@keytide/crypto-core';
import type { LabKeyName } from '../../shared/lab/lab-view.ts';

export interface StoredEnvelope {
  bytes: Uint8Array;
  dekId: string;
}

export interface StoredConversation {
  id: string;
  workspace: string;
  envelopes: StoredEnvelope[];
}

export interface StoredDek {
  id: string;
  workspace: string;
  /** What wrapped it. */
  key: LabKeyName;
  createdAt: number;
  envelopes: number;
}

const openedMax = 12;
const recentMax = 40;
const conversationsMax = 250;

export class StoredMessages {
  /** Of each workspace, oldest first. */
  readonly #conversations = new Map<string, StoredConversation[]>();
  readonly #deks = new Map<string, StoredDek>();
  readonly #keyOf: (dekId: string) => LabKeyName;
  #made = 0;

  /** `keyOf`: which key wrapped a DEK. */
  constructor(keyOf: (dekId: string) => LabKeyName) {
    this.#keyOf = keyOf;
  }

  /** One of the latest conversations, a newer one more often; `point` in [0, 1) chooses. None where there is none. */
  recent(workspace: string, point: number): StoredConversation | undefined {
    const all = this.#of(workspace);
    return all[all.length - 1 - Math.floor(point ** 2 * Math.min(all.length, recentMax))];
  }

  any(workspace: string, point: number): StoredConversation | undefined {
    const all = this.#of(workspace);
    return all[Math.floor(point * all.length)];
  }

  begin(workspace: string): StoredConversation {
    this.#made += 1;
    return { id: `c${this.#made}`, workspace, envelopes: [] };
  }

  append(conversation: StoredConversation, bytes: Uint8Array): void {
    const dekId = dekIdOf(bytes);
    if (conversation.envelopes.length === 0) this.#keep(conversation);
    conversation.envelopes.push({ bytes, dekId });
    const dek = this.#deks.get(dekId) ?? this.#addDek(dekId, conversation.workspace);
    dek.envelopes += 1;
    if (conversation.envelopes.length > openedMax) this.#forget(conversation.envelopes.shift());
  }

  get deks(): IterableIterator<StoredDek> {
    return this.#deks.values();
  }

  /** Every envelope by its DEK. */
  byDek(): Map<StoredDek, Uint8Array[]> {
    const found = new Map<StoredDek, Uint8Array[]>();
    for (const { envelopes } of [...this.#conversations.values()].flat())
      for (const { bytes, dekId } of envelopes) {
        const dek = this.#deks.get(dekId);
        if (dek === undefined) continue;
        const many = found.get(dek);
        if (many === undefined) found.set(dek, [bytes]);
        else many.push(bytes);
      }
    return found;
  }

  #of(workspace: string): StoredConversation[] {
    let all = this.#conversations.get(workspace);
    if (all === undefined) {
      all = [];
      this.#conversations.set(workspace, all);
    }
    return all;
  }

  /** Beyond the bound the tenth oldest goes, so that what is oldest of all stays to be seen. */
  #keep(conversation: StoredConversation): void {
    const all = this.#of(conversation.workspace);
    all.push(conversation);
    if (all.length <= conversationsMax) return;
    const [dropped] = all.splice(keptOldest, 1);
    for (const envelope of dropped?.envelopes ?? []) this.#forget(envelope);
  }

  #addDek(id: string, workspace: string): StoredDek {
    // Its first six bytes are when it was made.
    const createdAt = Number.parseInt(id.slice(0, 12), 16);
    const dek = { id, workspace, key: this.#keyOf(id), createdAt, envelopes: 0 };
    this.#deks.set(id, dek);
    return dek;
  }

  #forget(envelope: StoredEnvelope | undefined): void {
    const dek = this.#deks.get(envelope?.dekId ?? '');
    if (dek === undefined) return;
    dek.envelopes -= 1;
    if (dek.envelopes === 0) this.#deks.delete(dek.id);
  }
}

/** Conversations of each workspace that are never dropped: those of before the lab began. */
const keptOldest = 10;

export const dekIdOf = (envelope: Uint8Array): string =>
  Buffer.from(parseEnvelope(envelope).dekId).toString('hex');
