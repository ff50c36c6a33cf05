/** A use of key material as an audit log alone has it. Instants are epoch ms. */
export interface LogUse {
  eventId: string;
  at: number;
  operation: string;
  principal: string;
  /** The caller's session, else its address: what stands for a process. */
  session: string | null;
  dek: string | null;
  workspace: string | null;
  claimCause: string | null;
}
