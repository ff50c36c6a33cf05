import type { Cause } from './causes.ts';

/**
 * The text that an attempt writes into the customer's audit log (in AWS as user agent):
 * `keytide/1#<process>.<boot>.<seq>.<attempt>#<cause>#<spanId>`. No whitespace; at most 160 characters.
 */
export function formatClaim(claim: {
  process: string;
  boot: string;
  seq: number;
  attempt: number;
  cause: Cause;
  spanId: string;
}): string {
  const { process, boot, seq, attempt, cause, spanId } = claim;
  return `keytide/1#${process}.${boot}.${seq}.${attempt}#${cause}#${spanId}`;
}
