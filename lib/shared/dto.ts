/**
 * The types of what the dashboard's API answers, as the schemas in schema/ say. Instants are epoch ms UTC, windows and
 * buckets `[from, to)`, counts are whole. Schemas are of the server: the browser gets their types.
 */
import type { z } from 'zod';
import type * as calls from './schema/calls.ts';
import type * as explain from './schema/explain.ts';
import type * as ledger from './schema/ledger.ts';
import type * as sandbox from './schema/sandbox.ts';
import type { sentenceLinkShape } from './schema/window.ts';

export type LedgerTerm = z.infer<typeof ledger.ledgerTermShape>;
export type LedgerLine = z.infer<typeof ledger.ledgerLineShape>;
export type Ledger = z.infer<typeof ledger.ledgerShape>;
export type WaterfallStep = z.infer<typeof ledger.waterfallStepShape>;
export type CauseBucket = z.infer<typeof ledger.causeBucketShape>;
export type BusyHour = z.infer<typeof ledger.busyHourShape>;
export type ComparedCount = z.infer<typeof ledger.comparedCountShape>;
export type Comparison = z.infer<typeof ledger.comparisonShape>;
export type ClosedForm = z.infer<typeof ledger.closedFormShape>;
export type Cost = z.infer<typeof ledger.costShape>;
export type PerMessage = z.infer<typeof ledger.perMessageShape>;

export type SentenceLink = z.infer<typeof sentenceLinkShape>;
export type SourceCoverage = z.infer<typeof explain.sourceCoverageShape>;
export type Retention = z.infer<typeof explain.retentionShape>;
export type PrincipalUse = z.infer<typeof explain.principalUseShape>;
export type ExplainFilter = z.infer<typeof explain.explainFilterShape>;
export type Alarm = z.infer<typeof explain.alarmShape>;
export type LogCauses = z.infer<typeof explain.logCausesShape>;
export type ExplainView = z.infer<typeof explain.explainViewShape>;

export type AttemptView = z.infer<typeof calls.attemptViewShape>;
export type EventView = z.infer<typeof calls.eventViewShape>;
export type CallRow = z.infer<typeof calls.callRowShape>;
export type CallsView = z.infer<typeof calls.callsViewShape>;
export type RawEventView = z.infer<typeof calls.rawEventViewShape>;

/** The filters of `GET /api/calls`, all optional but the window. */
export const callsShow = [
  'attempts',
  'matched',
  'pending',
  'never-logged',
  'unmatched',
  'strangers',
  'suspects',
  'lost',
  'other',
  // Uses of key material that no call explains, whoever's they are.
  'events',
  // The same, and those of our own calls.
  'uses',
  // Whatever the log has of a key.
  'logged',
] as const;
export type CallsShow = (typeof callsShow)[number];

export type ProcessLease = z.infer<typeof sandbox.processLeaseShape>;
export type RevocationView = z.infer<typeof sandbox.revocationViewShape>;
export type SandboxView = z.infer<typeof sandbox.sandboxViewShape>;
export type ErrorView = z.infer<typeof sandbox.errorViewShape>;
