/** A use of key material as an audit log alone has it. Instants are epoch ms. */
export interface LogUse {
  eventId: string;
  at: number;
  operation: string;
  principal: string;
  /** The caller's session, else its address: what stands for a process. */
  session: string | null;
  sourceIp: string | null;
  /** The key used. */
  key: string | null;
  /** The service that asked on the principal's behalf. */
  invokedBy: string | null;
  /** A browser or a cloud's console asked: a person. */
  byHand: boolean;
  /** The encryption context by name; null where there is none, empty where the export leaves it out. */
  context: readonly (readonly [name: string, value: string])[] | null;
  dek: string | null;
  workspace: string | null;
  claimCause: string | null;
  /** The cloud's own error code; null on success. */
  errorCode: string | null;
}

/** User agents of browsers and consoles, whatever the case: a pattern to JavaScript and to PostgreSQL alike. */
export const byHandPattern = 'Mozilla/|console\\.amazonaws\\.com|AWS-?Console|S3Console';

const byHand = new RegExp(byHandPattern, 'i');

export const isByHand = (userAgent: string | null): boolean =>
  userAgent !== null && byHand.test(userAgent);
