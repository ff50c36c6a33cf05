import { callsHref } from '../../shared/calls-href.ts';
import type { LogCauses } from '../../shared/dto.ts';
import { joined, linked, type Said, said } from '../../shared/said.ts';
import { countText, nounText, spanText } from '../../shared/screen-text.ts';
import type { TimeWindow } from '../../shared/time-window.ts';
import type { LedgerCounts } from '../ledger/ledger-counts.ts';
import { shortName } from './finding-words.ts';
import type { StreamFinding } from './infer-causes.ts';

const namedMax = 2;
const minuteMs = 60_000;

const eventsHref = (principal: string): string => callsHref({ show: 'events', principal });

/** Minutes are the finest that is counted: what took a second took less than one. */
const withinText = (ms: number): string =>
  ms <= minuteMs ? 'within one minute' : `in ${spanText(ms)}`;

/**
 * The first sentence for a log alone: how many requests, by whom, for how many messages. It calls nobody a stranger:
 * the log does not say whose a principal is.
 */
export function logAnswer(given: {
  counts: Pick<LedgerCounts, 'messages' | 'events' | 'edgeEvents'>;
  window: TimeWindow;
  logCauses: LogCauses;
  findings: readonly StreamFinding[];
  nameOf: (principal: string) => string;
  /** Whether a principal is the service's; null where nobody said. */
  isOwn: ((principal: string) => boolean) | null;
}): string | Said {
  const { counts, window, logCauses, findings, nameOf, isOwn } = given;
  const { of: requests } = logCauses;
  const other = counts.events.other;
  const span = withinText(window.to - window.from);
  if (requests === 0)
    return `The audit log shows no use of the key’s material ${span}${other > 0 ? `, only ${nounText(other, 'request')} that describe or manage it` : ''}.`;
  const by = new Map<string, number>();
  for (const { principal, uses } of findings) by.set(principal, (by.get(principal) ?? 0) + uses);
  const about = logCauses.examined < requests ? 'about ' : '';
  const most = [...by].sort((a, b) => b[1] - a[1]).slice(0, namedMax);
  const named = most.map(
    ([principal, uses]) =>
      said`${shortName(nameOf(principal))} ${about}${linked(countText(uses), eventsHref(principal))}`,
  );
  const own = [...by].filter(([principal]) => isOwn?.(principal));
  const ofOwn = own.reduce((sum, [, uses]) => sum + uses, 0);
  const all = [...by.values()].reduce((sum, uses) => sum + uses, 0);
  const whom =
    by.size === 0
      ? ''
      : isOwn !== null
        ? ofOwn === all
          ? ', all by your service'
          : `, ${about}${countText(Math.round((ofOwn * requests) / all))} of them by your service`
        : by.size === 1
          ? `, all by ${shortName(nameOf(most[0]?.[0] ?? ''))}`
          : said`, by ${linked(nounText(by.size, 'principal'), '/strangers')}, most of them ${joined(named, ' and ')}`;
  const ratio = counts.messages / requests;
  const against =
    counts.messages === 0
      ? ''
      : `, against ${nounText(counts.messages, 'message')}: one for every ${ratio < 100 ? ratio.toFixed(1) : countText(Math.round(ratio))} messages`;
  const shown = linked(nounText(requests, 'KMS request'), callsHref({ show: 'events' }));
  return said`The audit log shows ${shown} ${span}${whom}${against}.`;
}
