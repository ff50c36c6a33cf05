/** What is joined by time: an attempt, and an event of the log. */
export interface TimedAttempt {
  /** Sorts and names it. */
  id: string;
  sentAt: number;
  endedAt: number;
  requestId: string | null;
  /** Whether it succeeded; null where no answer came. */
  ok: boolean | null;
  /** Whose data it was about. */
  workspace?: string | null;
}

export interface TimedEvent {
  eventId: string;
  /** When the log says it was, epoch ms, cut to its resolution. */
  at: number;
  /** CloudTrail gives whole seconds, the others less than a millisecond. */
  resolutionMs: number;
  requestId: string | null;
  ok: boolean;
  /** As the encryption context has it, in a log that shows one. */
  workspace?: string | null;
}
