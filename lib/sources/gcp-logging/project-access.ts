import type { v2 } from '@google-cloud/logging-api';

/** Which project's log to read, and through what. */
export interface ProjectAccess {
  /** The one that the keys are in. */
  project: string;
  /** The SDK's own client options; without them it finds credentials by itself. */
  client?: ConstructorParameters<typeof v2.LoggingServiceV2Client>[0];
  /** Where the project's policy is asked for; default Google's own. */
  adminUrl?: string;
}
