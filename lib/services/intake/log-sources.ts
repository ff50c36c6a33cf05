import { setTimeout as sleep } from 'node:timers/promises';
import { defaultCredential } from '../../sources/azure-monitor/default-credential.ts';
import { loopbackClient as workspaceClient } from '../../sources/azure-monitor/loopback.ts';
import { azureMonitorReader } from '../../sources/azure-monitor/query-reader.ts';
import type { CloudTrailAccess } from '../../sources/cloudtrail/client.ts';
import { lookupReader } from '../../sources/cloudtrail/lookup-reader.ts';
import { s3Reader } from '../../sources/cloudtrail/s3-reader.ts';
import { cloudLoggingReader } from '../../sources/gcp-logging/entries-reader.ts';
import { loopbackClient as loggingClient } from '../../sources/gcp-logging/loopback.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import type { SandboxAccess } from '../sandbox-client.ts';
import type { LogSource } from './poll-loop.ts';

/** Where logs are to be read from, as the environment names it; credentials are each cloud's SDK's to find. */
export interface LogPlaces {
  /** A Region, whose event history is read where no bucket is named. */
  cloudTrailRegion?: string | undefined;
  /** `s3://BUCKET/[PREFIX/]AWSLogs/[o-…/]ACCOUNT` of a trail. */
  cloudTrailBucket?: string | undefined;
  googleProject?: string | undefined;
  /** The id of a Log Analytics workspace. */
  azureWorkspace?: string | undefined;
}

export const bucketPattern = /^s3:\/\/([^/]+)\/(.*?)AWSLogs\/((?:o-[a-z0-9]+\/)?\d{12})\/?$/;

/** LookupEvents allows two requests a second, entries.list sixty a minute. */
const lookupIntervalMs = 500;
const entriesIntervalMs = 1_000;
const pagesMax = 200;
const filesMax = 2_000;
const everyMs = 60_000;

/** The logs to read, from `startMs` on (epoch ms) where they were not read before. */
export function logSources(places: LogPlaces, startMs: number): LogSource[] {
  const { cloudTrailRegion: region, cloudTrailBucket, googleProject: project } = places;
  const { azureWorkspace: workspaceId } = places;
  const [, bucket = '', prefix = '', account = ''] =
    bucketPattern.exec(cloudTrailBucket ?? '') ?? [];
  const real = { endpoint: null, credentials: null };
  const sources: { sourceId: string; reader: LogReader }[] = [];
  if (region !== undefined && bucket !== '')
    sources.push({
      sourceId: `s3:${bucket}:${account}:${region}`,
      reader: s3Reader({ ...real, region, bucket, prefix, account, filesMax, sleep }),
    });
  else if (region !== undefined)
    sources.push(cloudTrailSource({ ...real, region }, { account: null, startMs, everyMs }));
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
