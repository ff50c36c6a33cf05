import { plain } from '../cloudtrail/canonical.ts';

/** The fields that answers rest on; a table without a column for one says so. */
const wanted = [
  'userIdentity',
  'requestParameters',
  'resources',
  'sourceIPAddress',
  'userAgent',
  'requestID',
  'errorCode',
  'recipientAccountId',
];
const carriers = new Set(['cloudtrailevent', 'eventjson', 'raw', '@message', 'message']);
const stands = new Map([['resources', 'resourcename']]);

/** CloudTrail's fields that a table with these columns lacks; none where a column is the record. */
export function missingColumns(columns: readonly string[]): string[] {
  const has = new Set(columns.map((name) => plain(name.split('.', 1)[0] ?? '')));
  if ([...has].some((name) => carriers.has(name))) return [];
  return wanted.filter((name) => !has.has(plain(name)) && !has.has(stands.get(name) ?? ''));
}
