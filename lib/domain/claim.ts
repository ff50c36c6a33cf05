import { causeOf } from '../shared/causes.ts';

/**
 * What the engine writes into the user agent of every KMS attempt, so that the customer's audit log alone still says
 * which call it was and why: `keytide/1#<process>.<boot>.<seq>.<attempt>#<cause>#<spanId>`.
 * A claim is the client's own word, never proof; a cause that is none reads as `other`.
 */
export interface Claim {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  cause: string;
  spanId: string;
}

const pattern =
  /(?:^|\s)keytide\/1#([\w-]{1,64})\.([a-z0-9]{8})\.(\d{1,15})\.(\d{1,4})#([a-z.-]{1,32})#([0-9a-f]{16})(?=\s|$)/;

/** The claim inside a user agent, or null where there is none. */
export function parseClaim(userAgent: string): Claim | null {
  const found = pattern.exec(userAgent);
  if (!found) return null;
  const [, process = '', boot = '', seq = '', attempt = '', cause = '', spanId = ''] = found;
  const known = causeOf(cause);
  return { process, boot, seq: Number(seq), attempt: Number(attempt), cause: known, spanId };
}
