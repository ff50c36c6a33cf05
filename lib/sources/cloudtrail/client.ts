import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';

/** Which CloudTrail to read; without endpoint and credentials the SDK finds the real ones. */
export interface CloudTrailAccess {
  region: string;
  endpoint: string | null;
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
}

/** A client that never retries by itself: the reader's own budget rules. */
export function cloudTrailClient({
  region,
  endpoint,
  credentials,
}: CloudTrailAccess): CloudTrailClient {
  return new CloudTrailClient({
    region,
    maxAttempts: 1,
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== null && { credentials }),
  });
}
