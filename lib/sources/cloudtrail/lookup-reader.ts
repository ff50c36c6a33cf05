import type { LogReader, Patience } from '../log-reader.ts';
import { retentionGap } from '../retention-gap.ts';
import { grantOf, noAwsCredentials } from './aws-fixes.ts';
import { type CloudTrailAccess, cloudTrailClient } from './client.ts';
import { historyDays } from './inspect-trail.ts';
import { lookupEvents } from './lookup-events.ts';

export interface LookupReaderOptions extends CloudTrailAccess, Patience {
  pageIntervalMs: number;
  pagesMax: number;
}

/** CloudTrail's event history as it grows. */
export function lookupReader(options: LookupReaderOptions): LogReader {
  const client = cloudTrailClient(options);
  return {
    kind: 'cloudtrail',
    name: 'CloudTrail',
    silence:
      'CloudTrail has no use of a key: check that account and Region are those of the key, or of its callers.',
    async *read({ fromMs, toMs }) {
      for await (const page of lookupEvents({ ...options, client, fromMs, toMs })) {
        const { truncated, ...rest } = page;
        yield { ...rest, behind: truncated ? behind : null };
      }
    },
    inspect: async (span) => retentionGap(span, { days: historyDays, fix: olderFix }),
    fixes: {
      unauthorized: noAwsCredentials,
      forbidden: {
        code: 'no-permission',
        fix: grantOf('cloudtrail:LookupEvents', '*'),
      },
    },
    close: () => client.destroy(),
  };
}

const olderFix = 'Give files of the trail: npx keytide import PATH';

const behind =
  'More events than LookupEvents can give; read the trail’s S3 files with `keytide import`.';
