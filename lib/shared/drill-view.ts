/** How long a revocation took to bite, as the API, the report and the page tell it. */
import type { z } from 'zod';
import type * as drill from './schema/drill.ts';

export type DrillVerdict = z.infer<typeof drill.drillVerdictShape>;
export type RevokedHow = z.infer<typeof drill.revokedHowShape>;
export type DrillCode = z.infer<typeof drill.drillCodeShape>;
export type DrillReason = z.infer<typeof drill.drillReasonShape>;
export type DrillChange = z.infer<typeof drill.drillChangeShape>;
export type DrillCaller = z.infer<typeof drill.drillCallerShape>;
export type Drill = z.infer<typeof drill.oneDrillShape>;
export type DrillView = z.infer<typeof drill.drillViewShape>;
