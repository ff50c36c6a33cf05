import { causeLabel } from '../../shared/causes.ts';
import type { LogCauses } from '../../shared/dto.ts';
import { countText, nounText, shareText } from '../../shared/screen-text.ts';
import { tupleKey } from '../../shared/tuple-key.ts';
import type { InferredUse } from './infer-causes.ts';

/** Events by cause and by how it is known, most events first. */
export function logCausesOf(uses: readonly InferredUse[], of: number): LogCauses {
  const counts = new Map<string, LogCauses['causes'][number]>();
  for (const { cause, how, confidence } of uses) {
    const id = tupleKey(how, cause);
    const known = counts.get(id) ?? { cause, how, events: 0, confidence: 0 };
    known.confidence = (known.confidence * known.events + confidence) / (known.events + 1);
    known.events += 1;
    counts.set(id, known);
  }
  const causes = [...counts.values()].sort((a, b) => b.events - a.events);
  return { examined: uses.length, of, causes };
}

/** What the log claims, what is inferred from it, how certain that is, and what the log can't tell. */
export function logCausesSentence({ examined, of, causes }: LogCauses): string {
  if (examined === 0) return 'The audit log holds no use of the key’s material in this window.';
  const part = (fits: (one: LogCauses['causes'][number]) => boolean) => causes.filter(fits);
  const events = (some: LogCauses['causes']) => some.reduce((sum, { events: n }) => sum + n, 0);
  const most = (some: LogCauses['causes']) =>
    `${some.length === 1 ? 'all' : 'mostly'} “${causeLabel(some[0]?.cause ?? '')}”`;
  const sample =
    examined < of ? ` (a sample of ${countText(examined)} of ${countText(of)} events)` : '';
  const claimed = part(({ how }) => how === 'claimed');
  const inferred = part(({ how, cause }) => how === 'inferred' && cause !== 'unknown');
  const untold = part(({ how, cause }) => how === 'inferred' && cause === 'unknown');
  const parts: string[] = [];
  if (claimed.length > 0)
    parts.push(
      `${nounText(events(claimed), 'event claims its', 'events claim their')} own cause, ${most(claimed)}`,
    );
  if (inferred.length > 0) {
    const sure = inferred.reduce((sum, { events: n, confidence }) => sum + n * confidence, 0);
    parts.push(
      `the causes of ${nounText(events(inferred), 'event')} are inferred from context, session and time, ` +
        `${most(inferred)}, at a confidence of ${shareText(sure / events(inferred))}`,
    );
  }
  if (untold.length > 0)
    parts.push(`of ${nounText(events(untold), 'event')} the log can’t tell the cause`);
  return `From the audit log alone${sample}: ${parts.join('; ')}.`;
}
