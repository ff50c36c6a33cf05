import { setTimeout as sleep } from 'node:timers/promises';
import type { KekProvider } from '@keytide/crypto-core';
import { AppError } from '../../domain/app-error.ts';
import type { LogPlace } from '../../shared/log-place.ts';
import type { LogReader } from '../../sources/log-reader.ts';
import { cloudKeyOf, keyDoor, sandboxOf } from '../keys/key-door.ts';
import type { SandboxAccess } from '../sandbox-client.ts';
import { sourceIdOf } from './log-place.ts';
import { readerAt, sandboxSource } from './log-sources.ts';

/**
 * The key that a URI names and its log: the sandbox's where it has that key, else the real ones.
 * @throws {AppError} `bad-request` where it is of another cloud
 */
export function checkPlaces(
  cloud: 'aws' | 'gcp' | 'azure',
  text: string,
  given: { azureWorkspace: string | undefined; sandbox: SandboxAccess | null },
): { key: string; provider: KekProvider; reader: LogReader; sourceId: string; isSandbox: boolean } {
  const key = cloudKeyOf(text);
  if (key.provider !== cloud)
    throw new AppError(
      'bad-request',
      `${text} is no key of ${cloud}: it is one of ${key.provider}.`,
    );
  const { provider, permissions, isSandbox } = keyDoor(key, given.sandbox);
  permissions.close();
  const common = { key: key.id, provider, isSandbox };
  const own = sandboxOf(key, given.sandbox);
  if (own !== null) {
    const { reader, sourceId } = sandboxSource(own, { startMs: 0, everyMs: 0 });
    return { ...common, reader, sourceId };
  }
  const place = placeOf(key, given.azureWorkspace);
  return { ...common, reader: readerAt(place), sourceId: sourceIdOf(place) };
}

function placeOf(key: ReturnType<typeof cloudKeyOf>, workspace: string | undefined): LogPlace {
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

export const pause = (ms: number): Promise<void> => sleep(ms);
