/** What a lab knows of its two keys: what was asked of each, and what the KMS goes by. It asks no cloud. */
import { type LabKey, type LabKeyName, labKeyNames } from '../../shared/lab/lab-view.ts';
import { Delayed } from '../any-cloud/delayed.ts';

interface Known {
  uri: string;
  enabled: Delayed<boolean>;
  /** False once its deletion is scheduled. */
  present: Delayed<boolean>;
  permitted: Delayed<boolean>;
  goneAt: number | null;
  materials: number;
  /** When the last change is in force. */
  settledAt: number;
}

type KeyState = LabKey['asked'];

export class LabKeys {
  readonly #keys: Record<LabKeyName, Known>;

  constructor(uriOf: (name: LabKeyName) => string) {
    this.#keys = { A: known(uriOf('A')), B: known(uriOf('B')) };
  }

  setEnabled(name: LabKeyName, enabled: boolean, inForceAt: number): void {
    this.#keys[name].enabled.change(enabled, inForceAt);
    this.#settle(name, inForceAt);
  }

  scheduleDeletion(name: LabKeyName, inForceAt: number, goneAt: number): void {
    this.#keys[name].present.change(false, inForceAt);
    this.#keys[name].goneAt = goneAt;
    this.#settle(name, inForceAt);
  }

  cancelDeletion(
    name: LabKeyName,
    { present, enabled }: { present: number; enabled: number },
  ): void {
    this.#keys[name].present.change(true, present);
    this.#keys[name].goneAt = null;
    this.#settle(name, present);
    this.setEnabled(name, true, enabled);
  }

  setPermitted(name: LabKeyName, permitted: boolean, inForceAt: number): void {
    this.#keys[name].permitted.change(permitted, inForceAt);
    this.#settle(name, inForceAt);
  }

  rotate(name: LabKeyName): void {
    this.#keys[name].materials += 1;
  }

  asked(name: LabKeyName, now: number): KeyState {
    const { enabled, present, goneAt } = this.#keys[name];
    if (goneAt !== null && goneAt <= now) return 'gone';
    if (!present.latest) return 'pending-deletion';
    return enabled.latest ? 'enabled' : 'disabled';
  }

  isPermitted(name: LabKeyName): boolean {
    return this.#keys[name].permitted.latest;
  }

  /** Whether every change is in force. */
  isSettled(name: LabKeyName, now: number): boolean {
    return this.#keys[name].settledAt <= now;
  }

  /** Whether the KMS lets the service use the key. */
  allows(name: LabKeyName, now: number): boolean {
    return this.#inForce(name, now) === 'enabled' && this.#keys[name].permitted.at(now);
  }

  view(now: number): LabKey[] {
    return labKeyNames.map((name) => {
      const { uri, permitted, goneAt, materials, settledAt } = this.#keys[name];
      return {
        name,
        uri,
        asked: this.asked(name, now),
        inForce: this.#inForce(name, now),
        permitted: { asked: permitted.latest, inForce: permitted.at(now) },
        inForceAt: settledAt > now ? settledAt : null,
        goneAt,
        materials,
      };
    });
  }

  #inForce(name: LabKeyName, now: number): KeyState {
    const { enabled, present, goneAt } = this.#keys[name];
    if (goneAt !== null && goneAt <= now) return 'gone';
    if (!present.at(now)) return 'pending-deletion';
    return enabled.at(now) ? 'enabled' : 'disabled';
  }

  #settle(name: LabKeyName, inForceAt: number): void {
    this.#keys[name].settledAt = Math.max(this.#keys[name].settledAt, inForceAt);
  }
}

const known = (uri: string): Known => ({
  uri,
  enabled: new Delayed(true),
  present: new Delayed(true),
  permitted: new Delayed(true),
  goneAt: null,
  materials: 1,
  settledAt: Number.NEGATIVE_INFINITY,
});
