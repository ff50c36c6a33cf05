/** How the logs of vaults are read: who may, of which workspace and account, and what is planned to go wrong. */
import type { Clock } from '../../domain/clock.ts';
import type { AzureAuditLog } from './audit-log.ts';
import type { AzureFault } from './azure-fault.ts';
import type { AzureAnswer } from './http-wire.ts';
import type { AzurePrincipal } from './vault-access.ts';

export interface AzureLogsOptions {
  log: AzureAuditLog;
  /** Whose tokens may read the workspace and the blobs. */
  readers: readonly AzurePrincipal[];
  /** Whose tokens may see resources and their diagnostic settings. Default the readers'. */
  managers?: readonly AzurePrincipal[];
  workspace: WorkspaceOptions;
  storage: StorageOptions;
  /** Asked once for every request. */
  faults?: (request: { operation: LogOperation; path: string }) => AzureLogFault | undefined;
}

export interface StorageOptions {
  account: string;
  /** Base64. */
  key: string;
  /** Blobs a page. Default 5,000. */
  pageMax?: number;
}

export interface WorkspaceOptions {
  id: string;
  /** Rows that one answer has; past it the answer is partial, and says so. Default 500,000. */
  rowsMax?: number;
  /** Queries in 30 s of one caller, wall time. Default none; the real limit is 200. */
  quota?: { per30Seconds: number; wall: Clock };
}

export type LogOperation = 'Query' | 'ListBlobs' | 'GetBlob' | 'Manage';

/**
 * What to do to a request instead of answering it well: an error without carrying it out, an answer that is changed,
 * held back (wall time) or broken off after so many bytes, or a connection torn down.
 */
export type AzureLogFault =
  | { fault: AzureFault; retryAfter?: number }
  | { alter: (answer: AzureAnswer) => AzureAnswer }
  | { cutAt: number }
  | { delayMs: number }
  | 'reset';

/** A request told apart, with the form that its service gives errors. */
export interface LogRequest {
  operation: LogOperation;
  /** @throws {AzureFault} */
  answer(reader: AzurePrincipal | undefined): AzureAnswer;
  failed(fault: AzureFault): AzureAnswer;
}

export const mayRead = (
  { readers }: AzureLogsOptions,
  caller: AzurePrincipal | undefined,
): boolean => readers.some(({ objectId }) => objectId === caller?.objectId);
