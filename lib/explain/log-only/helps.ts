/** What a person who knows the service could tell, and how much of the log that would explain. Pure. */
import type { Help } from '../../shared/log-view.ts';
import { nounText } from '../../shared/screen-text.ts';
import type { ServiceFacts } from '../../shared/service-facts.ts';
import type { InferredUse, StreamFinding } from './infer-causes.ts';

export interface HelpFacts {
  uses: readonly InferredUse[];
  findings: readonly StreamFinding[];
  service: ServiceFacts;
  /** Somebody counted messages. */
  messagesKnown: boolean;
}

/** Requests that the log itself explains. */
const plainCauses: ReadonlySet<string> = new Set(['probe', 'service', 'console']);

/** What nobody has told yet, most helpful first: by the share of requests it would explain. */
export function helpsOf({ uses, findings, service, messagesKnown }: HelpFacts): Help[] {
  if (uses.length === 0) return [];
  const by = new Map<string, number>();
  for (const { principal } of uses) by.set(principal, (by.get(principal) ?? 0) + 1);
  const most = Math.max(...by.values());
  const share = (fits: (use: InferredUse) => boolean) => uses.filter(fits).length / uses.length;
  const keyed = new Set(
    findings.flatMap(({ ttl, principal }) => (ttl === null ? [] : [principal])),
  );
  const wanted: (Help & { gain: number; isTold: boolean })[] = [
    {
      field: 'messagesPerHour',
      text: 'How many messages the service has in an hour: then it shows how many fewer requests there are, and whether keys were used without asking.',
      gain: share(({ cause }) => !plainCauses.has(cause)),
      isTold: messagesKnown,
    },
    {
      field: 'principals',
      text: `Which of the ${nounText(by.size, 'principal')} are the service’s: then the others show as strangers.`,
      gain: by.size < 2 ? 0 : Math.max(0.5, 1 - most / uses.length),
      isTold: service.principals.length > 0,
    },
    {
      field: 'promise',
      text: 'What TTL and data key lifetime are promised: then the log is held against it, and re-asks can be told from first loads where the log is too short to show the TTL.',
      gain: share(
        ({ context, cause, principal }) =>
          (context?.length ?? 0) > 0 && !plainCauses.has(cause) && !keyed.has(principal),
      ),
      isTold: service.promise !== null,
    },
    {
      field: 'deploys',
      text: 'When the service was deployed: then cold starts show as such.',
      gain: share(
        ({ cause, context }) =>
          cause === 'load.first.cold-start' || (cause === 'unknown' && (context?.length ?? 0) > 0),
      ),
      isTold: service.deploys.length > 0,
    },
  ];
  return wanted
    .filter(({ gain, isTold }) => gain > 0 && !isTold)
    .sort((a, b) => b.gain - a.gain)
    .map(({ field, text }) => ({ field, text }));
}
