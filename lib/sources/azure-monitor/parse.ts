/**
 * One row of a Key Vault's or Managed HSM's log, in whatever form Azure exports it: JSON Lines of a storage account,
 * messages of an Event Hub, the tables AZKVAuditLogs and AzureDiagnostics; and of the activity log. `ResultType` says
 * `Success` of failures too: the HTTP status tells.
 */
import type { AuditRecord } from '../../domain/audit-record.ts';
import { parseClaim } from '../../domain/claim.ts';
import { boundedRecord } from '../bounded-record.ts';
import type { Fields } from '../cloudtrail/fields.ts';
import {
  contentId,
  type EventTime,
  isRefusal,
  keptText,
  type NamedReads,
  type Parsed,
  present,
  refused,
  timeOf,
} from '../parsed.ts';
import { actionIn } from './action.ts';
import { readCaller } from './caller.ts';
import { azureKey } from './key.ts';
import { AzureRow } from './row.ts';
import { failureOf } from './status.ts';

/** Whether a value, its names plain, is a row of one of Azure's resource or activity logs. */
export function isAzureRow(has: ReadonlyMap<string, unknown>): boolean {
  const timed = [...has.keys()].some((name) =>
    /^(?:time|timegenerated|eventtimestamp)\b/.test(name),
  );
  const about = ['resourceid', 'resourceprovider', 'requesturi', 'requesturis', 'id'];
  return has.has('operationname') && timed && about.some((name) => has.has(name));
}

/** Reads one row. Never throws. `raw` is kept verbatim where given. */
export function parseAzureRow(whole: Fields, raw?: string): Parsed {
  const row = new AzureRow(whole);
  const operation = row.text('operationname') ?? row.inner('operationname').text('value');
  if (operation === null)
    return refused('missing-field', 'no operationName: the operation is not known');
  if (!isOfVault(row, operation)) return { kind: 'ignored', reason: 'not-kms' };
  const time = timeOf('time', row.get('time', 'timegenerated', 'eventtimestamp'));
  if (isRefusal(time)) return time;
  const kept = keptText(whole, raw);
  if (typeof kept !== 'string') return kept;
  return { kind: 'record', record: recordOf({ row, operation, time }, kept) };
}

const vaultPattern = /\/providers\/microsoft\.keyvault\//i;

/** Of keys and of the vaults themselves; secrets and certificates are no business of a KMS. */
function isOfVault(row: AzureRow, operation: string): boolean {
  if (/^(?:secret|certificate|storage|sas)/i.test(operation)) return false;
  if (/^microsoft\.keyvault\//i.test(operation))
    return !/\/(?:secrets|certificates)\//i.test(operation);
  if (/^microsoft\.authorization\/roleassignments\//i.test(operation)) return mayBeOfVault(row);
  const category = row.text('category') ?? row.inner('category').text('value');
  if (category !== null && !/^(?:AuditEvent|Administrative)$/i.test(category)) return false;
  return (
    vaultPattern.test(row.text('resourceid') ?? '') ||
    /^microsoft\.keyvault$/i.test(row.text('resourceprovider') ?? '') ||
    row.text('type') === 'AZKVAuditLogs' ||
    azureKey(row) !== null
  );
}

/** Who is assigned a role above a vault has it of the vault too; of another resource it is no business of ours. */
function mayBeOfVault(row: AzureRow): boolean {
  const scope = (row.text('resourceid') ?? '').replace(
    /\/providers\/microsoft\.authorization\/.*/i,
    '',
  );
  return vaultPattern.test(`${scope}/`) || !/\/providers\//i.test(scope);
}

interface Found {
  row: AzureRow;
  operation: string;
  time: EventTime;
}

function recordOf({ row, operation, time }: Found, raw: string): AuditRecord {
  const correlationId = row.text('correlationid');
  const { status, errorCode, error } = failureOf(row);
  const userAgent = row.text('clientinfo');
  const inAgent = userAgent === null ? null : parseClaim(userAgent);
  const inClientId = correlationId === null ? null : parseClaim(correlationId);
  const claim = inClientId ?? inAgent;
  const requestUri = row.text('requesturi');
  const about = requestUri ?? row.text('resourceid')?.toLowerCase() ?? null;
  const { principal, ids } = readCaller(row);
  return boundedRecord({
    provider: 'azure',
    eventId: contentId('azure', digits(time), operation, correlationId, about, status),
    at: time.at,
    operation,
    action: actionIn({ row, operation, status }),
    key: azureKey(row),
    otherKeys: [],
    principal,
    principalName: principal,
    session: null,
    // The owner's log has a foreign caller's denials too: there is no account that it would lack them of.
    account: null,
    recipientAccount:
      /\/subscriptions\/([^/]+)/i.exec(row.text('resourceid') ?? '')?.[1]?.toLowerCase() ?? null,
    // The server's id of the request; where the log has the client's instead, that is the claim. The activity log's
    // stands for several requests.
    requestId: inClientId !== null || operation.includes('/') ? null : correlationId,
    sharedEventId: null,
    claim,
    errorCode,
    sourceIp: row.text('calleripaddress'),
    userAgent,
    workspace: null,
    dekId: null,
    context: null,
    invokedBy: trusted(row.text('trustedservice')),
    facts: {
      time: time.time,
      resolutionMs: time.resolutionMs,
      claimIn: claim === null ? null : inClientId === null ? 'user-agent' : 'client-id',
      reason: null,
      error,
      network: present(row, networkReads),
      ids: [...ids, ...present(row, idReads)],
    },
    raw,
  });
}

/** The instant with all digits that it has, the same whether or not an export wrote its last zeros. */
function digits({ at, time }: EventTime): string {
  const fraction = /\d[.,](\d{1,9})/.exec(time)?.[1] ?? '';
  return `${at}.${fraction.slice(3).replace(/0+$/, '')}`;
}

const trusted = (service: string | null): string | null =>
  service === null || /^(?:false|none|null)$/i.test(service) ? null : service;

/** What was found of the request's way and of its right to ask. */
const networkReads: NamedReads<AzureRow> = [
  ['tlsVersion', (row) => row.get('tlsversion')],
  ['subnetId', (row) => row.get('subnetid')],
  ['addressAuthorizationType', (row) => row.get('addressauthorizationtype')],
  ['isAddressAuthorized', (row) => row.get('isaddressauthorized')],
  ['isRbacAuthorized', (row) => row.get('isrbacauthorized')],
  ['isAccessPolicyMatch', (row) => row.get('isaccesspolicymatch')],
  ['nsp', (row) => row.get('nsp', 'networksecurityperimeter')],
];

/** Of what is done to a whole vault: its name. */
const vaultOf = (row: AzureRow): string | null =>
  azureKey(row) === null
    ? (/\/(?:vaults|managedhsms)\/([^/?]+)/i
        .exec(row.text('resourceid') ?? '')?.[1]
        ?.toLowerCase() ?? null)
    : null;

const idReads: NamedReads<AzureRow> = [
  ['id', (row) => row.get('id')],
  ['vault', vaultOf],
  ['correlationId', (row) => row.get('correlationid')],
  ['appliedAssignmentId', (row) => row.get('appliedassignmentid')],
  ['hsmPoolResourceId', (row) => row.get('hsmpoolresourceid')],
  ['tenantId', (row) => row.get('tenantid')],
];
