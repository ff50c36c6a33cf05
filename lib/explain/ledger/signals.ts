import { lookupOf } from '../../domain/sum-label.ts';
import { total, type WindowFacts } from './facts.ts';

/** Which signals have arrived, as far as the other one can tell. A missing signal must not read as zero. */
export interface WindowSignals {
  /** Calls and requests. */
  traces: boolean;
  /** Messages and lookups. */
  metrics: boolean;
  /** The audit log, as far as it has been read. */
  log: boolean;
}

/** A window with neither signal is a log alone, or empty: then nothing is missing. */
export function signalsOf({
  sums,
  coveredUntil,
}: Pick<WindowFacts, 'sums' | 'coveredUntil'>): WindowSignals {
  const of = (measure: string, fits: (label: string) => boolean = () => true) =>
    total(sums, (sum) => sum.measure === measure && fits(sum.label));
  const calls = of('calls');
  const ofLookups = of('calls', (label) => label !== 'validate' && label !== 'refresh.ahead');
  const misses = of('operations', (label) => lookupOf(label).outcome === 'miss');
  return {
    traces: calls + of('attempts') > 0 || misses === 0,
    log: coveredUntil !== null || of('events') > 0,
    metrics: of('operations') + of('messages') > 0 || ofLookups === 0,
  };
}
