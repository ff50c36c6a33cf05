import { parseKeyUri } from '@keytide/crypto-core';
import type { LogGap } from '../../shared/connection-view.ts';
import { type LogKind, type LogPlace, logKindWords } from '../../shared/log-place.ts';
import { nounText } from '../../shared/screen-text.ts';
import { settingFix, vaultId } from '../../sources/azure-monitor/azure-fixes.ts';
import type { UnloggedKey } from '../../store/views/sources/read-unlogged-keys.ts';

/** Of keys that are used and in no log: which log would show them, and how to have it read. */
export const unloggedGaps = (keys: readonly UnloggedKey[], places: readonly LogPlace[]): LogGap[] =>
  keys.flatMap((used) => gapOf(used, places) ?? []);

const addFix = (kind: LogKind, where: string): string =>
  `Add it on the page Connections: ${logKindWords[kind].label}, ${where}`;

function gapOf({ key, attempts }: UnloggedKey, places: readonly LogPlace[]): LogGap | null {
  const id = parsed(key);
  const of = `${nounText(attempts, 'request')} of the last day used ${key}`;
  switch (id?.provider) {
    case 'aws': {
      const { region, account } = id;
      const isRead = places.some((place) => 'region' in place && place.region === region);
      if (isRead)
        return {
          code: 'silent',
          evidence: `${of}, and the log of ${region} that is read has no event of it: it is another account's than ${account}.`,
          fix: `aws sts get-caller-identity # to be of ${account}, or of the account that calls`,
        };
      return {
        code: 'not-covered',
        evidence: `${of}, and no log of ${region} is read.`,
        fix: addFix('cloudtrail', region),
      };
    }
    case 'gcp': {
      const project = id.name.split('/')[1] ?? '';
      const isRead = places.some((place) => 'project' in place && place.project === project);
      const evidence = isRead
        ? `${of}, and the log of ${project} that is read has no event of it.`
        : `${of}, and no log of the project ${project} is read.`;
      return isRead
        ? {
            code: 'silent',
            evidence,
            fix: `gcloud projects get-iam-policy ${project} --format="json(auditConfigs)"`,
          }
        : { code: 'not-covered', evidence, fix: addFix('cloud-logging', project) };
    }
    case 'azure': {
      const vault = new URL(id.vaultUrl).hostname;
      const place = places.find(({ kind }) => kind === 'azure-monitor' || kind === 'azure-blobs');
      const to =
        place !== undefined && 'workspace' in place
          ? `--workspace ${place.workspace}`
          : '--workspace WORKSPACE';
      return {
        code: place === undefined ? 'not-covered' : 'silent',
        evidence:
          place === undefined
            ? `${of}, and no log of Azure is read.`
            : `${of}, and what is read has no event of ${vault}.`,
        fix: settingFix(to, vaultId(vault.split('.')[0] ?? '')),
      };
    }
    default:
      return null;
  }
}

function parsed(key: string): ReturnType<typeof parseKeyUri> | null {
  try {
    return parseKeyUri(key);
  } catch {
    return null;
  }
}
