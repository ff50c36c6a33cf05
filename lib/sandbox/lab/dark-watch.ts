/** Watches a lab for the instant at which a process has nothing left of what was taken, and the last one has not. */
import type { LabRevocation, LabTurn } from '../../shared/lab/lab-view.ts';
import type { LabMember } from './lab-member.ts';

/** The parts of a lab that are watched. */
export interface Watched {
  readonly now: number;
  readonly running: readonly LabMember[];
  readonly revocations: readonly LabRevocation[];
  lastUseOfTaken(member: LabMember): { lastUseBy: number | null; takenDeks: number };
  say(kind: LabTurn['kind'], text: string): void;
}

export class DarkWatch {
  /** When each process's last lease ends on what the KMS would not give it. */
  #left = new Map<LabMember, number>();

  observe(lab: Watched): void {
    const open = lab.revocations.filter(
      ({ darkAt, undoneAt }) => darkAt === null && undoneAt === null,
    );
    if (open.length === 0 && this.#left.size === 0) return;
    const before = this.#left;
    this.#left = new Map();
    let isTaken = true;
    for (const member of lab.running) {
      const { lastUseBy, takenDeks } = lab.lastUseOfTaken(member);
      if (takenDeks === 0) isTaken = false;
      if (lastUseBy !== null) this.#left.set(member, lastUseBy);
      else if (takenDeks > 0) sayDark(lab, member, before.get(member));
    }
    if (!isTaken || this.#left.size > 0) return;
    const last = Math.max(...before.values(), Number.NEGATIVE_INFINITY);
    const darkAt = Number.isFinite(last) && last <= lab.now ? last : lab.now;
    for (const revocation of open) revocation.darkAt = Math.max(darkAt, revocation.at);
  }
}

function sayDark(lab: Watched, { name }: LabMember, lastUseBy: number | undefined): void {
  if (lastUseBy === undefined) return;
  const why =
    lastUseBy <= lab.now ? 'its last lease has ended' : 'it was refused and dropped its keys';
  lab.say('seen', `${name} is dark: ${why}.`);
}
