import type { Message } from './methods.ts';

/** Who calls, and what the audit log records of the request besides. */
export interface GcpCaller {
  /** Without the kind: `svc@project.iam.gserviceaccount.com`. */
  email: string;
  callerIp: string;
  userAgent: string;
  /** `x-goog-request-reason`. */
  reason: string | null;
  /** What a Google service that uses the key for its own customer says of that. */
  providedContext?: string;
}

/** What an audit log of Google Cloud knows of one call; `log` is the one it goes to. */
export interface GcpKmsEntry {
  log: 'data_access' | 'activity' | 'system_event';
  at: number;
  methodName: string;
  resourceName: string;
  permission: string | null;
  /** Without bytes. */
  request: Message;
  /** Null for what the service does by itself. */
  caller: GcpCaller | null;
  fault: { code: number; message: string } | null;
}
