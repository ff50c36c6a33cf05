/** What each act is called on a button, and what it does in each cloud's own words. */
import type { LabActKind, LabCloudName } from './lab-view.ts';

export interface LabActWords {
  label: string;
  /** What is done to the cloud or the service, as a sentence. */
  done: Record<LabCloudName, string>;
  /** Whether it takes data away. */
  isRevocation: boolean;
}

const same = (text: string): Record<LabCloudName, string> => ({
  aws: text,
  gcp: text,
  azure: text,
});

const words: Record<LabActKind, LabActWords> = {
  disable: {
    label: 'Disable the key',
    done: {
      aws: 'The administrator disables the key (DisableKey).',
      gcp: 'The administrator disables every version of the key (UpdateCryptoKeyVersion).',
      azure: 'The administrator disables every version of the key (KeyUpdate).',
    },
    isRevocation: true,
  },
  enable: {
    label: 'Enable it again',
    done: {
      aws: 'The administrator enables the key again (EnableKey; CancelKeyDeletion before it where it was to be deleted).',
      gcp: 'The administrator enables every version again (RestoreCryptoKeyVersion before it where it was to be destroyed).',
      azure:
        'The administrator enables every version again (KeyRecover before it where it was deleted).',
    },
    isRevocation: false,
  },
  'schedule-deletion': {
    label: 'Schedule its deletion',
    done: {
      aws: 'The administrator schedules the key’s deletion in 7 days (ScheduleKeyDeletion).',
      gcp: 'The administrator destroys every version of the key, in 30 days (DestroyCryptoKeyVersion).',
      azure: 'The administrator deletes the key; it can be recovered for 90 days (KeyDelete).',
    },
    isRevocation: true,
  },
  'take-permission': {
    label: 'Take the permission',
    done: {
      aws: 'The administrator takes the service out of the key policy (PutKeyPolicy).',
      gcp: 'The administrator takes the service’s role off the key (SetIamPolicy).',
      azure: 'The administrator removes the service’s role assignment on the key.',
    },
    isRevocation: true,
  },
  'give-permission': {
    label: 'Give it back',
    done: {
      aws: 'The administrator puts the service back into the key policy (PutKeyPolicy).',
      gcp: 'The administrator binds the service’s role to the key again (SetIamPolicy).',
      azure: 'The administrator assigns the service its role on the key again.',
    },
    isRevocation: false,
  },
  'detach-trust': {
    label: 'Detach the trust',
    done: {
      aws: 'The customer’s role no longer trusts the service: sessions run on for up to 15 min, then STS refuses it.',
      gcp: 'The service may no longer impersonate the service account: its tokens run on for up to 15 min.',
      azure:
        'The tenant no longer knows the service’s application: its tokens run on for up to 15 min.',
    },
    isRevocation: true,
  },
  'attach-trust': {
    label: 'Trust it again',
    done: same('The customer’s cloud gives the service sessions again.'),
    isRevocation: false,
  },
  rotate: {
    label: 'Rotate the key',
    done: {
      aws: 'The key gets new material under the same id (RotateKeyOnDemand). Nothing is encrypted again.',
      gcp: 'The key gets a new primary version (CreateCryptoKeyVersion). Nothing is encrypted again.',
      azure: 'The key gets a new version (KeyRotate). Nothing is encrypted again.',
    },
    isRevocation: false,
  },
  'repoint-alias': {
    label: 'Repoint the alias',
    done: same('The administrator points the alias to the other key (UpdateAlias).'),
    isRevocation: true,
  },
  'switch-key': {
    label: 'Switch the key id',
    done: same('The workspaces are registered under another key id.'),
    isRevocation: true,
  },
  'cut-off': {
    label: 'Cut the KMS off',
    done: same('Every request to the KMS fails with an error of the KMS’s own: an outage.'),
    isRevocation: false,
  },
  throttle: {
    label: 'Throttle it',
    done: same('The KMS turns every other request away as too many.'),
    isRevocation: false,
  },
  restore: {
    label: 'End the outage',
    done: same('The KMS answers every request again.'),
    isRevocation: false,
  },
  deploy: {
    label: 'Deploy',
    done: same('Every process is started anew, one each 20 s, with an empty cache.'),
    isRevocation: false,
  },
  check: {
    label: 'Read every message',
    done: same('Every process decrypts every stored message.'),
    isRevocation: false,
  },
};

export const actWords = (kind: LabActKind): LabActWords => words[kind];
