/** Where an audit log is read as it grows, and the form that asks for it: one table for screen and server. */

export const logKinds = [
  'cloudtrail',
  's3',
  'lake',
  'cloud-logging',
  'azure-monitor',
  'azure-blobs',
  'folder',
] as const;
export type LogKind = (typeof logKinds)[number];

/** No secret is part of it: credentials are each cloud's own default chain's to find. */
export type LogPlace =
  | { kind: 'cloudtrail'; region: string }
  | { kind: 's3'; bucket: string; region: string }
  | { kind: 'lake'; store: string; region: string }
  | { kind: 'cloud-logging'; project: string }
  | { kind: 'azure-monitor'; workspace: string }
  | { kind: 'azure-blobs'; container: string }
  | { kind: 'folder'; folder: string };

export type PlaceField =
  | 'region'
  | 'bucket'
  | 'store'
  | 'project'
  | 'workspace'
  | 'container'
  | 'folder';

/** What a field is called, how one is written, and the form that it must have. */
export const placeFields: Record<
  PlaceField,
  { label: string; hint: string; pattern: RegExp; fault: string }
> = {
  region: {
    label: 'Region',
    hint: 'Such as eu-central-1: the one that the key is in.',
    pattern: /^[a-z]{2}(-[a-z]+)+-\d$/,
    fault: 'must be an AWS Region, such as eu-central-1',
  },
  bucket: {
    label: 'Bucket',
    hint: 's3://BUCKET/[PREFIX/]AWSLogs/[o-…/]ACCOUNT, as the trail writes it.',
    pattern: /^s3:\/\/[^/]+\/(?:.*\/)?AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/?$/,
    fault: 'must be s3://BUCKET/[PREFIX/]AWSLogs/[o-…/]ACCOUNT',
  },
  store: {
    label: 'Event data store',
    hint: 'Its id: the last part of its ARN.',
    pattern: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
    fault: 'must be the id of an event data store',
  },
  project: {
    label: 'Project',
    hint: 'The id of the one that the key is in.',
    pattern: /^[a-z][a-z0-9:.-]{4,60}[a-z0-9]$/,
    fault: 'must be the id of a project',
  },
  workspace: {
    label: 'Workspace id',
    hint: 'Of the Log Analytics workspace that the vault’s diagnostic setting names.',
    pattern: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
    fault: 'must be the id of a workspace',
  },
  container: {
    label: 'Container',
    hint: 'https://ACCOUNT.blob.core.windows.net/insights-logs-auditevent',
    // A token goes there: to Azure’s own hosts only.
    pattern:
      /^https:\/\/[a-z0-9]+\.blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)\/[a-z0-9-]+$/,
    fault: 'must be the URL of a container',
  },
  folder: {
    label: 'Folder',
    hint: 'On the machine that Keytide runs on, from its root: /var/log/cloud.',
    pattern: /^(?:\/|[A-Za-z]:\\).{0,4095}$/,
    fault: 'must be a path from the root, such as /var/log/cloud',
  },
};

/** How a kind is called, the fields that it needs, and what lets Keytide read it. */
export const logKindWords: Record<
  LogKind,
  { label: string; fields: readonly PlaceField[]; access: string }
> = {
  cloudtrail: {
    label: 'AWS CloudTrail, event history',
    fields: ['region'],
    access:
      'Needs cloudtrail:LookupEvents. Two requests a second and 90 days: for much traffic read the trail’s bucket.',
  },
  s3: {
    label: 'AWS CloudTrail, files in S3',
    fields: ['bucket', 'region'],
    access: 'Needs s3:ListBucket and s3:GetObject, and kms:Decrypt where a key encrypts the files.',
  },
  lake: {
    label: 'AWS CloudTrail Lake',
    fields: ['store', 'region'],
    access: 'Needs cloudtrail:StartQuery, DescribeQuery and GetQueryResults on the store.',
  },
  'cloud-logging': {
    label: 'Google Cloud Logging',
    fields: ['project'],
    access: 'Needs roles/logging.privateLogViewer, and Data Access logs of Cloud KMS switched on.',
  },
  'azure-monitor': {
    label: 'Azure Log Analytics',
    fields: ['workspace'],
    access:
      'Needs Log Analytics Reader, and a diagnostic setting of the vault that sends AuditEvent there.',
  },
  'azure-blobs': {
    label: 'Azure storage account',
    fields: ['container'],
    access:
      'Needs Storage Blob Data Reader, and a diagnostic setting that archives AuditEvent there.',
  },
  folder: {
    label: 'Folder of log files',
    fields: ['folder'],
    access: 'Files of any of the clouds, in any form that import reads.',
  },
};

/** A place as one line. */
export function placeText(place: LogPlace): string {
  switch (place.kind) {
    case 'cloudtrail':
      return place.region;
    case 's3':
      return `${place.bucket} in ${place.region}`;
    case 'lake':
      return `${place.store} in ${place.region}`;
    case 'cloud-logging':
      return place.project;
    case 'azure-monitor':
      return place.workspace;
    case 'azure-blobs':
      return place.container;
    case 'folder':
      return place.folder;
  }
}
