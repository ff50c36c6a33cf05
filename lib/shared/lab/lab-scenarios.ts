/** Scripted scenarios: what is said, what is done, and how long the lab then runs before it stops for the reader. */
import type { LabAct, LabCloudName, LabConfig, LabScenarioId } from './lab-view.ts';

export interface LabStep {
  title: string;
  /** What to look at while it runs. */
  say: string;
  acts: readonly LabAct[];
  /** How long it runs after the acts, in TTLs; acts at the end of it. */
  ttls: number;
  /** Forward without messages before it runs, days. */
  skipDays?: number;
  last?: readonly LabAct[];
}

export interface LabScenario {
  id: LabScenarioId;
  title: string;
  about: string;
  /** What it is best seen with. */
  config: Partial<LabConfig>;
  steps: readonly LabStep[];
}

const check: LabAct = { kind: 'check' };
const traffic: LabStep = {
  title: 'Traffic',
  say: 'Every process serves. Each holds its data keys on leases of one TTL at most, and asks the KMS again when one ends.',
  acts: [],
  ttls: 0.2,
};

/** What moves a workspace to another key: an alias where the cloud has such, else the key id. */
const moveOf = (cloud: LabCloudName): LabAct => ({
  kind: cloud === 'aws' ? 'repoint-alias' : 'switch-key',
});

/** The scenario, as it is on this cloud. */
export function labScenario(id: LabScenarioId, cloud: LabCloudName): LabScenario {
  return { id, ...scenarios[id](cloud) };
}

const scenarios: Record<LabScenarioId, (cloud: LabCloudName) => Omit<LabScenario, 'id'>> = {
  'revoke-and-wait': () => ({
    title: 'Revoke and wait',
    about:
      'The customer disables the key. Each process serves until its leases end, and not longer.',
    config: {},
    steps: [
      traffic,
      {
        title: 'Disable the key',
        say: 'No new lease is given. What is held goes on until its lease ends, or until its process asks and is refused.',
        acts: [{ kind: 'disable' }],
        ttls: 0.5,
      },
      {
        title: 'Wait',
        say: 'One TTL after the change was in force nothing can be read, in any process.',
        acts: [],
        ttls: 0.6,
        last: [check],
      },
      {
        title: 'Enable it again',
        say: 'The KMS answers again: every process recovers at its next call, and everything is readable.',
        acts: [{ kind: 'enable' }],
        ttls: 0.3,
        last: [check],
      },
    ],
  }),
  outage: () => ({
    title: 'Outage is not revocation',
    about:
      'The KMS cannot be reached. Leases are kept, so most messages go on; nobody took anything away.',
    config: {},
    steps: [
      traffic,
      {
        title: 'Cut the KMS off',
        say: 'Whoever holds a lease serves on. Only leases that end now cannot be had again, and those calls may be tried again.',
        acts: [{ kind: 'cut-off' }],
        ttls: 0.4,
        last: [check],
      },
      {
        title: 'The KMS is back',
        say: 'Nothing was dropped and nothing needs to be repaired: it goes on by itself within seconds.',
        acts: [{ kind: 'restore' }],
        ttls: 0.3,
        last: [check],
      },
    ],
  }),
  rotate: () => ({
    title: 'Rotate: old data stays readable',
    about:
      'New material under the same id. Old data stays readable, and nothing is encrypted again.',
    config: { preset: 'hourly' },
    steps: [
      traffic,
      {
        title: 'Rotate the key',
        say: 'Leases run on. The new material is first used by the next data key: watch for “DEK rotation”.',
        acts: [{ kind: 'rotate' }],
        ttls: 1.5,
        last: [check],
      },
    ],
  }),
  'alias-swap': (cloud) => ({
    title: 'Alias swap: half the data is gone',
    about:
      cloud === 'aws'
        ? 'The alias is pointed to another key. New messages work; what the first key wrapped goes dark.'
        : 'This cloud has no aliases: the key id is switched instead. New messages work; what the first key wrapped goes dark.',
    config: {},
    steps: [
      traffic,
      {
        title: 'Swap',
        say: 'New data keys are wrapped by the other key. It does not open the old ones: each goes dark with its last lease.',
        acts: [moveOf(cloud)],
        ttls: 1.2,
        last: [check],
      },
      {
        title: 'Swap back',
        say: 'Now it is the other way round: what was written meanwhile goes dark, and the older data is back.',
        acts: [moveOf(cloud)],
        ttls: 1.2,
        last: [check],
      },
    ],
  }),
  'deploy-echo': () => ({
    title: 'Deploy at 09:00: the hourly echo, and its cure',
    about:
      'Processes that start together load together, so their leases end together: an echo once a TTL.',
    config: { ttlMinutes: 60, spread: 'none' },
    steps: [
      { ...traffic, ttls: 1 / 6 },
      {
        title: 'Deploy at 09:00',
        say: 'Every process loads what it needs from cold. One TTL later all those leases end within minutes, again and again.',
        acts: [{ kind: 'deploy', spread: 'none' }],
        ttls: 2.4,
      },
      {
        title: 'The cure',
        say: 'With spread “first-lease” a load from cold gets a random part of the TTL: the next round is spread over the hour.',
        acts: [{ kind: 'deploy', spread: 'first-lease' }],
        ttls: 2.4,
      },
    ],
  }),
  'permanent-loss': () => ({
    title: 'Permanent loss',
    about:
      'The key is deleted. After its waiting time nothing is readable, ever, and no other key helps.',
    config: {},
    steps: [
      traffic,
      {
        title: 'Schedule the deletion',
        say: 'From now on the KMS refuses, as if the key were disabled. Until the end of the waiting time it can be undone.',
        acts: [{ kind: 'schedule-deletion' }],
        ttls: 1.2,
        last: [check],
      },
      {
        title: 'The waiting time is over',
        say: 'The material is gone. Whatever is done now, what it wrapped stays closed.',
        acts: [],
        skipDays: 91,
        ttls: 0.2,
        last: [{ kind: 'enable' }, check],
      },
      {
        title: 'Another key',
        say: 'Another key serves new messages and opens none of the old ones. The way on is a new workspace.',
        acts: [{ kind: 'switch-key' }],
        ttls: 0.5,
        last: [check],
      },
    ],
  }),
  'by-mistake': () => ({
    title: 'Revoked by mistake',
    about:
      'The wrong key is disabled and enabled again: how much was lost meanwhile, and how fast it is back.',
    config: {},
    steps: [
      traffic,
      {
        title: 'Disable the key',
        say: 'Some processes are refused at once, others serve on from their leases.',
        acts: [{ kind: 'disable' }],
        ttls: 0.35,
      },
      {
        title: 'Enable it again',
        say: 'Nothing stored was changed: every message can be read again.',
        acts: [{ kind: 'enable' }],
        ttls: 0.25,
        last: [check],
      },
    ],
  }),
};
