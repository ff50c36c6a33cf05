/** What the lab's choices are called. */
import type {
  AgeClass,
  LabCloudName,
  LabKey,
  LabPreset,
  LabSpread,
} from '../../lib/shared/lab/lab-view.ts';

export const cloudLabels: Record<LabCloudName, string> = {
  aws: 'AWS KMS',
  gcp: 'Google Cloud KMS',
  azure: 'Azure Key Vault',
};

export const presetLabels: Record<LabPreset, string> = {
  daily: 'daily: a new DEK every 24 h',
  hourly: 'hourly: a new DEK every hour',
};

export const spreadLabels: Record<LabSpread, string> = {
  none: 'none: every lease is one TTL',
  'first-lease': 'first-lease: a random part of it at first',
};

export const stateLabels: Record<LabKey['asked'], string> = {
  enabled: 'Enabled',
  disabled: 'Disabled',
  'pending-deletion': 'Pending deletion',
  gone: 'Deleted',
};

export const ageLabels: Record<AgeClass, string> = {
  hour: 'within the last hour',
  day: '1 to 24 h ago',
  week: '1 to 7 days ago',
  older: 'more than 7 days ago',
};
