import { setTimeout as sleep } from 'node:timers/promises';
import type { LogPlace } from '../../shared/log-place.ts';
import { azureBlobReader } from '../../sources/azure-monitor/blob-reader.ts';
import { defaultCredential } from '../../sources/azure-monitor/default-credential.ts';
import { loopbackWorkspace as workspaceClient } from '../../sources/azure-monitor/loopback.ts';
import { azureMonitorReader } from '../../sources/azure-monitor/query-reader.ts';
import { lakeReader } from '../../sources/cloudtrail/lake-reader.ts';
import { lookupReader } from '../../sources/cloudtrail/lookup-reader.ts';
import { s3Reader } from '../../sources/cloudtrail/s3-reader.ts';
import { folderReader } from '../../sources/files/folder-reader.ts';
import { cloudLoggingReader } from '../../sources/gcp-logging/entries-reader.ts';
import { loopbackLogging as loggingClient } from '../../sources/gcp-logging/loopback.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import type { SandboxAccess } from '../sandbox-client.ts';
import { bucketParts, sourceIdOf } from './log-place.ts';
import type { LogSource } from './poll-loop.ts';

/** LookupEvents allows two requests a second, entries.list sixty a minute. */
const lookupIntervalMs = 500;
const entriesIntervalMs = 1_000;
const pagesMax = 200;
const filesMax = 2_000;
const everyMs = 60_000;

/** A log to read, from `startMs` on (epoch ms) where it was not read before. */
export const sourceAt = (
  place: LogPlace,
  { startMs, origin }: Pick<LogSource, 'startMs' | 'origin'>,
): LogSource => ({
  sourceId: sourceIdOf(place),
  place,
  origin,
  reader: readerAt(place),
  startMs,
  everyMs,
});

/** Reads a real log; credentials are each cloud's SDK's to find. */
export function readerAt(place: LogPlace): LogReader {
  const real = { endpoint: null, credentials: null };
  const credential = defaultCredential;
  switch (place.kind) {
    case 'cloudtrail':
      return lookupReader({
        ...real,
        region: place.region,
        pageIntervalMs: lookupIntervalMs,
        pagesMax,
        sleep,
      });
    case 's3': {
      const { region, bucket } = place;
      return s3Reader({ ...real, region, ...bucketParts(bucket), filesMax, sleep });
    }
    case 'lake':
      return lakeReader({ ...real, region: place.region, store: place.store, pagesMax, sleep });
    case 'cloud-logging': {
      const { project } = place;
      return cloudLoggingReader({ project, pageIntervalMs: entriesIntervalMs, pagesMax, sleep });
    }
    case 'azure-monitor': {
      const { workspace: workspaceId } = place;
      return azureMonitorReader({ workspaceId, credential: credential(), pagesMax, sleep });
    }
    case 'azure-blobs': {
      const { container: containerUrl } = place;
      return azureBlobReader({
        containerUrl,
        credential: credential(),
        blobsMax: filesMax,
        sleep,
      });
    }
    case 'folder':
      return folderReader(place.folder);
  }
}

/** The log of a cloud of the sandbox, at its endpoint and without its limits. */
export function sandboxSource(
  access: SandboxAccess['clouds'][number],
  rest: { startMs: number; everyMs: number },
): LogSource {
  const pace = { pageIntervalMs: 0, pagesMax, sleep };
  switch (access.cloud) {
    case 'aws': {
      const { endpoint, region, reader: auditor } = access;
      const { account, credentials } = auditor;
      const place: LogPlace = { kind: 'cloudtrail', region };
      const reader = lookupReader({ endpoint, region, credentials, ...pace });
      const sourceId = `cloudtrail:${account}:${region}`;
      return { ...rest, sourceId, place, origin: 'sandbox', reader };
    }
    case 'gcp': {
      const { project, loggingEndpoint, adminUrl } = access;
      const place: LogPlace = { kind: 'cloud-logging', project };
      const client = loggingClient(loggingEndpoint);
      const reader = cloudLoggingReader({ project, client, adminUrl, ...pace });
      return { ...rest, sourceId: sourceIdOf(place), place, origin: 'sandbox', reader };
    }
    case 'azure': {
      const { endpoint, readerToken, workspaceId } = access;
      const place: LogPlace = { kind: 'azure-monitor', workspace: workspaceId };
      const client = workspaceClient(endpoint, readerToken);
      const options = { workspaceId, ...client, managementUrl: endpoint, pagesMax, sleep };
      const reader = azureMonitorReader(options);
      return { ...rest, sourceId: sourceIdOf(place), place, origin: 'sandbox', reader };
    }
  }
}
