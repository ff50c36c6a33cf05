import { setTimeout as sleep } from 'node:timers/promises';
import { type KekProvider, parseKeyUri } from '@keytide/crypto-core';
import { awsProvider } from '@keytide/crypto-core/providers/aws';
import { azureProvider } from '@keytide/crypto-core/providers/azure';
import { gcpProvider } from '@keytide/crypto-core/providers/gcp';
import { AppError } from '../../domain/app-error.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import { defaultCredential } from '../../sources/azure-monitor/default-credential.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import { sourceIdOf } from './log-place.ts';
import { readerAt } from './log-sources.ts';

/** The real key and log that a key URI names. @throws {AppError} `bad-request` where it is of another cloud */
export function checkPlaces(
  cloud: 'aws' | 'gcp' | 'azure',
  text: string,
  azureWorkspace: string | undefined,
): { key: string; provider: KekProvider; reader: LogReader; sourceId: string } {
  const key = parsed(text);
  if (key.provider !== cloud)
    throw new AppError(
      'bad-request',
      `${text} is no key of ${cloud}: it is one of ${key.provider}.`,
    );
  const place = placeOf(key, azureWorkspace);
  const provider = {
    aws: () => awsProvider(key.provider === 'aws' ? { region: key.region } : {}),
    gcp: () => gcpProvider(),
    azure: () => azureProvider({ credential: defaultCredential() }),
  }[cloud]();
  return { key: key.id, provider, reader: readerAt(place), sourceId: sourceIdOf(place) };
}

function placeOf(key: ReturnType<typeof parsed>, workspace: string | undefined): LogPlace {
  if (key.provider === 'aws') return { kind: 'cloudtrail', region: key.region };
  if (key.provider === 'gcp')
    return { kind: 'cloud-logging', project: key.name.split('/')[1] ?? '' };
  if (workspace === undefined)
    throw new AppError(
      'bad-request',
      'Set KEYTIDE_AZURE_WORKSPACE to the workspace that holds the log.',
    );
  return { kind: 'azure-monitor', workspace };
}

function parsed(text: string) {
  try {
    return parseKeyUri(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it is not understood';
    throw new AppError('bad-request', `${text}: ${why}.`);
  }
}

export const pause = (ms: number): Promise<void> => sleep(ms);
