import { setTimeout as sleep } from 'node:timers/promises';
import { azureBlobReader } from '../../sources/azure-monitor/blob-reader.ts';
import { defaultCredential } from '../../sources/azure-monitor/default-credential.ts';
import { loopbackWorkspace as workspaceClient } from '../../sources/azure-monitor/loopback.ts';
import { azureMonitorReader } from '../../sources/azure-monitor/query-reader.ts';
import type { CloudTrailAccess } from '../../sources/cloudtrail/client.ts';
import { lakeReader } from '../../sources/cloudtrail/lake-reader.ts';
import { lookupReader } from '../../sources/cloudtrail/lookup-reader.ts';
import { s3Reader } from '../../sources/cloudtrail/s3-reader.ts';
import { folderReader } from '../../sources/files/folder-reader.ts';
import { cloudLoggingReader } from '../../sources/gcp-logging/entries-reader.ts';
import { loopbackLogging as loggingClient } from '../../sources/gcp-logging/loopback.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import type { SandboxAccess } from '../sandbox-client.ts';
import type { LogSource } from './poll-loop.ts';

/** Where logs are to be read from, as the environment names it; credentials are each cloud's SDK's to find. */
export interface LogPlaces {
  /** A Region, whose event history is read where no bucket is named. */
  cloudTrailRegion?: string | undefined;
  /** `s3://BUCKET/[PREFIX/]AWSLogs/[o-…/]ACCOUNT` of a trail. */
  cloudTrailBucket?: string | undefined;
  /** The id of an event data store of CloudTrail Lake, read instead of the event history. */
  cloudTrailLake?: string | undefined;
  /** A folder that files of any cloud's log are put into. */
  folder?: string | undefined;
  googleProject?: string | undefined;
  /** The id of a Log Analytics workspace. */
  azureWorkspace?: string | undefined;
  /** URL of the container that a diagnostic setting exports into. */
  azureContainer?: string | undefined;
}

const bucketPattern = /^s3:\/\/([^/]+)\/(.*?)AWSLogs\/((?:o-[a-z0-9]+\/)?\d{12})\/?$/;

/** LookupEvents allows two requests a second, entries.list sixty a minute. */
const lookupIntervalMs = 500;
const entriesIntervalMs = 1_000;
const pagesMax = 200;
const filesMax = 2_000;
const everyMs = 60_000;

/** The logs to read, from `startMs` on (epoch ms) where they were not read before. */
export function logSources(places: LogPlaces, startMs: number): LogSource[] {
  const { cloudTrailRegion: region, cloudTrailBucket, googleProject: project } = places;
  const { azureWorkspace: workspaceId, azureContainer: containerUrl } = places;
  const [, bucket = '', prefix = '', account = ''] =
    bucketPattern.exec(cloudTrailBucket ?? '') ?? [];
  const { cloudTrailLake: store, folder } = places;
  const real = { endpoint: null, credentials: null };
  const sources: { sourceId: string; reader: LogReader }[] = [];
  if (region !== undefined && bucket !== '')
    sources.push({
      sourceId: `s3:${bucket}:${account}:${region}`,
      reader: s3Reader({ ...real, region, bucket, prefix, account, filesMax, sleep }),
    });
  else if (region !== undefined && store !== undefined)
    sources.push({
      sourceId: `lake:${store}:${region}`,
      reader: lakeReader({ ...real, region, store, pagesMax, sleep }),
    });
  else if (region !== undefined)
    sources.push(cloudTrailSource({ ...real, region }, { account: null, startMs, everyMs }));
  if (folder !== undefined)
    sources.push({ sourceId: `folder:${folder}`, reader: folderReader(folder) });
  if (project !== undefined)
    sources.push({
      sourceId: `cloud-logging:${project}`,
      reader: cloudLoggingReader({ project, pageIntervalMs: entriesIntervalMs, pagesMax, sleep }),
    });
  if (workspaceId !== undefined)
    sources.push({
      sourceId: `azure-monitor:${workspaceId}`,
      reader: azureMonitorReader({ workspaceId, credential: defaultCredential(), pagesMax, sleep }),
    });
  if (containerUrl !== undefined)
    sources.push({
      sourceId: `azure-blobs:${containerUrl}`,
      reader: azureBlobReader({
        containerUrl,
        credential: defaultCredential(),
        blobsMax: filesMax,
        sleep,
      }),
    });
  return sources.map(({ sourceId, reader }) => ({ sourceId, reader, startMs, everyMs }));
}

/** CloudTrail's event history of an account and Region; a sandbox's, at an endpoint of its own, has no limit. */
export function cloudTrailSource(
  access: CloudTrailAccess,
  { account, ...rest }: { account: string | null; startMs: number; everyMs: number },
): LogSource {
  const pageIntervalMs = access.endpoint === null ? lookupIntervalMs : 0;
  return {
    ...rest,
    sourceId: `cloudtrail:${account ?? 'account'}:${access.region}`,
    reader: lookupReader({ ...access, pageIntervalMs, pagesMax, sleep }),
  };
}

/** The log of another cloud of the sandbox, at its endpoint; null for CloudTrail, whose reader has keys of its own. */
export function sandboxSource(
  access: SandboxAccess['clouds'][number],
  rest: { startMs: number; everyMs: number },
): LogSource | null {
  switch (access.cloud) {
    case 'aws':
      return null;
    case 'gcp': {
      const { project, loggingEndpoint } = access;
      const client = loggingClient(loggingEndpoint);
      const reader = cloudLoggingReader({ project, client, pageIntervalMs: 0, pagesMax, sleep });
      return { ...rest, sourceId: `cloud-logging:${project}`, reader };
    }
    case 'azure': {
      const { endpoint, readerToken, workspaceId } = access;
      const client = workspaceClient(endpoint, readerToken);
      const reader = azureMonitorReader({ workspaceId, ...client, pagesMax, sleep });
      return { ...rest, sourceId: `azure-monitor:${workspaceId}`, reader };
    }
  }
}
