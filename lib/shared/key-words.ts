/** What each state of a key means, what can be done, and the runbook for it: one table. */
import type { KeyLifeEvent, KeyLifeState } from './keys-view.ts';

interface StateWords {
  label: string;
  tone: 'good' | 'warn' | 'bad' | 'plain';
  /** What it means for data. */
  means: string;
  /** What can be done about it. */
  todo: string;
  runbook: { href: string; title: string };
}

const mistake = { href: '/docs/runbooks/revoked-by-mistake', title: 'Revoked by mistake' };
const inaccessible = {
  href: '/docs/runbooks/workspace-inaccessible',
  title: 'The workspace is inaccessible',
};

export const keyStateWords: Record<KeyLifeState, StateWords> = {
  enabled: {
    label: 'Enabled',
    tone: 'good',
    means: 'The cloud wraps and unwraps data keys for whoever its policy allows.',
    todo: 'Rotation keeps old data readable; another key, or a moved alias, does not.',
    runbook: { href: '/docs/runbooks/rotate-yearly', title: 'Rotate yearly' },
  },
  disabled: {
    label: 'Disabled',
    tone: 'bad',
    means:
      'The cloud refuses every request. Data stay readable where a process still holds their data key, until its lease ends.',
    todo: 'Enabling it brings everything back: nothing is lost.',
    runbook: mistake,
  },
  'pending-deletion': {
    label: 'Pending deletion',
    tone: 'bad',
    means:
      'The cloud refuses every request, and deletes the key when its waiting time is over. From then on nothing opens what it wrapped.',
    todo: 'Cancel the deletion while there is time, then enable the key.',
    runbook: mistake,
  },
  deleted: {
    label: 'Deleted',
    tone: 'bad',
    means: 'What it wrapped is lost for good: no other key opens it.',
    todo: 'The way on is a new workspace with a new key.',
    runbook: inaccessible,
  },
  untold: {
    label: 'Not told',
    tone: 'plain',
    means: 'No event of the log is about its state. As long as requests succeed it is enabled.',
    todo: 'Import an older part of its log to see how it came to be.',
    runbook: inaccessible,
  },
};

export const lifeWords: Record<KeyLifeEvent['kind'], string> = {
  'key-state': 'Key state',
  destroy: 'Deletion',
  policy: 'Policy',
  grant: 'Grant',
  iam: 'Identity',
  trust: 'Trust',
  alias: 'Alias',
  rotation: 'Rotation',
  create: 'Made',
};

export const effectWords: Record<KeyLifeEvent['effect'], string> = {
  takes: 'takes access',
  gives: 'gives access',
  either: 'changes who has access',
  none: 'changes nothing for its users',
};
