import type { AuditFacts, AuditRecord } from '../../domain/audit-record.ts';
import type { AzureRow } from './row.ts';

/** What Key Vault calls each failure, by its HTTP status. */
const codes = new Map([
  [400, 'BadParameter'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'KeyNotFound'],
  [409, 'Conflict'],
  [429, 'TooManyRequests'],
]);
const words = new Map([
  ['badrequest', 400],
  ['unauthorized', 401],
  ['forbidden', 403],
  ['notfound', 404],
  ['conflict', 409],
  ['toomanyrequests', 429],
]);

/** The outcome of a request, by its HTTP status: `ResultType` says `Success` of refusals too. */
export function failureOf(
  row: AzureRow,
): Pick<AuditRecord, 'errorCode'> & Pick<AuditFacts, 'error'> & { status: number | null } {
  const signature = row.text('resultsignature');
  const word = signature?.toLowerCase().replace(/[^a-z]/g, '') ?? '';
  const number = Number(
    row.text('httpstatuscode') ?? signature?.match(/^\d{3}$/)?.[0] ?? Number.NaN,
  );
  const status = Number.isInteger(number) ? number : (words.get(word) ?? null);
  const error = row.text('resultdescription');
  const failed =
    status === null ? /fail/i.test(row.text('resulttype') ?? '') : status >= 400 || status < 200;
  if (!failed) return { status, errorCode: null, error: null };
  return { status, errorCode: codeOf(row, status, error), error };
}

/** Of a 403 the row tells which of the conditions was not met. */
function codeOf(row: AzureRow, status: number | null, error: string | null): string {
  if (status === 403) {
    const no = (name: string) => /^(?:false|0)$/i.test(String(row.get(name)));
    if (/disabled/i.test(error ?? '')) return 'KeyDisabled';
    if (no('isaddressauthorized')) return 'ForbiddenByFirewall';
    if (no('isrbacauthorized')) return 'ForbiddenByRbac';
    if (no('isaccesspolicymatch')) return 'AccessDenied';
  }
  return codes.get(status ?? 0) ?? (status === null ? 'Failed' : `Http${status}`);
}
