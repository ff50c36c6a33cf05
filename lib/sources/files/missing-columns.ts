import { plain } from '../cloudtrail/canonical.ts';

/** The fields that answers rest on; a table without a column for one says so. */
const cloudTrail = [
  'userIdentity',
  'requestParameters',
  'resources',
  'sourceIPAddress',
  'userAgent',
  'requestID',
  'errorCode',
  'recipientAccountId',
];
const azure = ['CorrelationId', 'CallerIpAddress', 'httpStatusCode', 'clientInfo', 'requestUri'];
const google = ['insertId', 'logName', 'protoPayload', 'timestamp'];
const carriers = new Set(['cloudtrailevent', 'eventjson', 'raw', '@message', 'message']);
const stands = new Map([
  ['resources', 'resourcename'],
  ['protopayload', 'protopayloadauditlog'],
  // Below `properties`, a row of Azure's holds what others have columns for.
  ['httpstatuscode', 'properties'],
  ['clientinfo', 'properties'],
  ['requesturi', 'properties'],
]);

const namesOf = (columns: readonly string[]): Set<string> =>
  new Set(columns.map((name) => plain((name.split('.', 1)[0] ?? '').replace(/_[sdgbt]$/, ''))));

/** The log's fields that a table with these columns lacks; none where a column is the record. */
export function missingColumns(columns: readonly string[]): string[] {
  const has = namesOf(columns);
  // Of OCSF one column holds many fields.
  if (has.has('api') || [...has].some((name) => carriers.has(name))) return [];
  const ofGoogle = [...has].some((name) => name.startsWith('protopayload'));
  const wanted = ofGoogle ? google : has.has('operationname') ? azure : cloudTrail;
  return wanted.filter((name) => !has.has(plain(name)) && !has.has(stands.get(plain(name)) ?? ''));
}

/** Without one of these no row is a record: of which a table with these columns has none. */
export function neededColumns(columns: readonly string[]): string[] {
  const has = namesOf(columns);
  if (has.has('api') || [...has].some((name) => carriers.has(name))) return [];
  return ['eventSource', 'eventName', 'eventTime'].filter((name) => !has.has(plain(name)));
}
