/** By what an attempt and its event were joined: the fields of both sides, and the texts of the raw record. */
import type { AttemptView, EventView } from '../../lib/shared/dto.ts';

export type JoinField =
  | 'Process'
  | 'Boot'
  | 'Number'
  | 'Span'
  | 'Request id'
  | 'Key'
  | 'Operation'
  | 'Sent at'
  | 'Principal'
  | 'Event';

interface JoinedBy {
  fields: readonly JoinField[];
  texts: readonly string[];
}

const nothing: JoinedBy = { fields: [], texts: [] };

/** A claim holds the attempt's number and span, wherever its cloud records it. */
const claimed = ({ process, boot, seq, attempt, spanId }: AttemptView): JoinedBy => ({
  fields: ['Process', 'Boot', 'Number', 'Span'],
  texts: [`${process}.${boot}.${seq}.${attempt}`, spanId],
});

const assigned = (event: EventView): JoinedBy => ({
  fields: ['Key', 'Operation', 'Sent at', 'Principal', 'Event'],
  texts: [event.principal, event.operation, ...(event.key === null ? [] : [event.key])],
});

export function joinedBy(attempt: AttemptView | null, event: EventView | null): JoinedBy {
  if (attempt === null || event === null) return nothing;
  switch (attempt.joinMethod) {
    case 'request-id':
      return attempt.requestId === null
        ? nothing
        : { fields: ['Request id'], texts: [attempt.requestId] };
    case 'claim':
    case 'reason':
    case 'client-id':
      return claimed(attempt);
    case 'assignment':
      return assigned(event);
    default:
      return nothing;
  }
}

export interface MarkedPart {
  text: string;
  isMarked: boolean;
  /** Where it begins. */
  at: number;
}

/** The text cut at every place that holds one of the wanted texts; together the parts are the text again. */
export function markedParts(text: string, wanted: readonly string[]): MarkedPart[] {
  const parts: MarkedPart[] = [];
  let done = 0;
  while (done < text.length) {
    const [next] = wanted
      .filter((one) => one !== '')
      .map((one) => ({ one, at: text.indexOf(one, done) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.one.length - a.one.length);
    const at = next?.at ?? text.length;
    if (at > done) parts.push({ text: text.slice(done, at), isMarked: false, at: done });
    if (next) parts.push({ text: next.one, isMarked: true, at });
    done = at + (next?.one.length ?? 0);
  }
  return parts;
}
