/**
 * The operations the sandbox's AWS speaks and their answers, named and shaped as on the wire, but
 * with bytes as `Uint8Array` (the HTTP server does the base64). Instants in them are epoch seconds,
 * as on the wire.
 */
export type AwsService = 'kms' | 'cloudtrail';

export interface EncryptOutput {
  CiphertextBlob: Uint8Array;
  KeyId: string;
  EncryptionAlgorithm: 'SYMMETRIC_DEFAULT';
}

export interface DecryptOutput {
  Plaintext: Uint8Array;
  KeyId: string;
  KeyMaterialId: string;
  EncryptionAlgorithm: 'SYMMETRIC_DEFAULT';
}

export interface EncryptedDataKey {
  CiphertextBlob: Uint8Array;
  KeyId: string;
}

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export interface KeyMetadata {
  AWSAccountId: string;
  KeyId: string;
  Arn: string;
  CreationDate: number;
  Enabled: boolean;
  Description: string;
  KeyUsage: 'ENCRYPT_DECRYPT';
  KeyState: KeyState;
  DeletionDate?: number;
  Origin: 'AWS_KMS';
  KeyManager: 'CUSTOMER';
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT';
  KeySpec: 'SYMMETRIC_DEFAULT';
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'];
  MultiRegion: boolean;
  CurrentKeyMaterialId: string;
}

export interface LookedUpEvent {
  EventId: string;
  EventName: string;
  ReadOnly: 'true' | 'false';
  AccessKeyId?: string;
  EventTime: number;
  EventSource: string;
  Username?: string;
  Resources: [];
  CloudTrailEvent: string;
}

export interface AwsOutputs {
  CreateKey: { KeyMetadata: KeyMetadata };
  DescribeKey: { KeyMetadata: KeyMetadata };
  Encrypt: EncryptOutput;
  Decrypt: DecryptOutput;
  GenerateDataKey: EncryptedDataKey & { Plaintext: Uint8Array };
  GenerateDataKeyWithoutPlaintext: EncryptedDataKey;
  CreateGrant: Record<never, never>;
  GetKeyPolicy: { PolicyName: string; Policy: string };
  CreateAlias: Record<never, never>;
  UpdateAlias: Record<never, never>;
  PutKeyPolicy: Record<never, never>;
  RotateKeyOnDemand: { KeyId: string };
  EnableKey: Record<never, never>;
  DisableKey: Record<never, never>;
  ScheduleKeyDeletion: {
    KeyId: string;
    DeletionDate: number;
    KeyState: 'PendingDeletion';
    PendingWindowInDays: number;
  };
  CancelKeyDeletion: { KeyId: string };
  LookupEvents: { Events: LookedUpEvent[]; NextToken?: string };
  PutEventSelectors: TrailSelectors;
  GetEventSelectors: TrailSelectors;
  DescribeTrails: { trailList: { Name: string; TrailARN: string; S3BucketName: string }[] };
  GetTrailStatus: { IsLogging: boolean };
  StartLogging: Record<never, never>;
  StopLogging: Record<never, never>;
  GetEventDataStore: DataStore;
  UpdateEventDataStore: DataStore;
  StartQuery: { QueryId: string };
  DescribeQuery: { QueryId: string; QueryString: string; QueryStatus: QueryStatus };
  GetQueryResults: {
    QueryStatus: QueryStatus;
    QueryStatistics: { ResultsCount: number; TotalResultsCount: number; BytesScanned: number };
    QueryResultRows: Record<string, string>[][];
    NextToken?: string;
  };
}

export type QueryStatus = 'QUEUED' | 'RUNNING' | 'FINISHED';

/** Which of an account's events a trail writes to its files. */
export interface TrailSelectors {
  TrailARN: string;
  EventSelectors: {
    ReadWriteType: 'All' | 'WriteOnly';
    IncludeManagementEvents: true;
    ExcludeManagementEventSources: string[];
  }[];
}

/** An event data store of CloudTrail Lake, and which events it takes. */
export interface DataStore {
  EventDataStoreArn: string;
  Status: 'ENABLED';
  RetentionPeriod: number;
  AdvancedEventSelectors: {
    FieldSelectors: { Field: string; Equals?: string[]; NotEquals?: string[] }[];
  }[];
}

export type AwsOperation = keyof AwsOutputs;
export type AwsOutput<O extends string> = O extends AwsOperation
  ? AwsOutputs[O]
  : Record<string, unknown>;

export interface AwsRequest<O extends string = string> {
  service: AwsService;
  operation: O;
  /** Request members as on the wire, with bytes as `Uint8Array`. */
  input: Readonly<Record<string, unknown>>;
  sourceIp: string;
  userAgent: string;
}

const operations: Readonly<Record<AwsOperation, { service: AwsService; readOnly: boolean }>> = {
  CreateKey: { service: 'kms', readOnly: false },
  DescribeKey: { service: 'kms', readOnly: true },
  Encrypt: { service: 'kms', readOnly: true },
  Decrypt: { service: 'kms', readOnly: true },
  GenerateDataKey: { service: 'kms', readOnly: true },
  GenerateDataKeyWithoutPlaintext: { service: 'kms', readOnly: true },
  CreateGrant: { service: 'kms', readOnly: false },
  GetKeyPolicy: { service: 'kms', readOnly: true },
  CreateAlias: { service: 'kms', readOnly: false },
  UpdateAlias: { service: 'kms', readOnly: false },
  PutKeyPolicy: { service: 'kms', readOnly: false },
  RotateKeyOnDemand: { service: 'kms', readOnly: false },
  EnableKey: { service: 'kms', readOnly: false },
  DisableKey: { service: 'kms', readOnly: false },
  ScheduleKeyDeletion: { service: 'kms', readOnly: false },
  CancelKeyDeletion: { service: 'kms', readOnly: false },
  LookupEvents: { service: 'cloudtrail', readOnly: true },
  PutEventSelectors: { service: 'cloudtrail', readOnly: false },
  GetEventSelectors: { service: 'cloudtrail', readOnly: true },
  DescribeTrails: { service: 'cloudtrail', readOnly: true },
  GetTrailStatus: { service: 'cloudtrail', readOnly: true },
  StartLogging: { service: 'cloudtrail', readOnly: false },
  StopLogging: { service: 'cloudtrail', readOnly: false },
  GetEventDataStore: { service: 'cloudtrail', readOnly: true },
  UpdateEventDataStore: { service: 'cloudtrail', readOnly: false },
  StartQuery: { service: 'cloudtrail', readOnly: true },
  DescribeQuery: { service: 'cloudtrail', readOnly: true },
  GetQueryResults: { service: 'cloudtrail', readOnly: true },
};

/** Whether this service has this operation here. */
export function isOperation(service: string, operation: string): operation is AwsOperation {
  return (
    Object.hasOwn(operations, operation) &&
    operations[operation as AwsOperation].service === service
  );
}

/** CloudTrail's own operations. */
const trailOperations = [
  'LookupEvents',
  'PutEventSelectors',
  'GetEventSelectors',
  'DescribeTrails',
  'GetTrailStatus',
  'StartLogging',
  'StopLogging',
  'GetEventDataStore',
  'UpdateEventDataStore',
  'StartQuery',
  'DescribeQuery',
  'GetQueryResults',
] as const satisfies AwsOperation[];
export type TrailOperation = (typeof trailOperations)[number];

export const isTrailOperation = (operation: AwsOperation): operation is TrailOperation =>
  operations[operation].service === 'cloudtrail';

/** CloudTrail's `readOnly` of an operation. */
export const isReadOnly = (operation: AwsOperation): boolean => operations[operation].readOnly;
