'use client';

import { causeLabel, causeWords } from '../../lib/shared/causes.ts';
import type { AttemptView, CallRow, EventView, RawEventView } from '../../lib/shared/dto.ts';
import { instantText, spanText } from '../../lib/shared/screen-text.ts';
import { useAuditEvent } from '../hooks/use-audit-event.ts';
import { Loaded } from '../states/loaded.tsx';
import { LoadingState } from '../states/loading-state.tsx';
import { StateBox } from '../states/state-box.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Modal } from '../ui/modal.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { joinWords, stateWords } from './call-words.ts';
import { type JoinField, joinedBy, markedParts } from './joined-by.ts';
import { prettyJson } from './pretty-json.ts';
import type { OpenRow } from './row-key.ts';
import './call-detail.css';

/** An attempt's fields beside the raw audit record. */
export function CallDetail({
  open,
  row,
  isLoading,
  onClose,
}: {
  open: OpenRow;
  row: CallRow | null;
  isLoading: boolean;
  onClose: () => void;
}) {
  const event = row?.event ?? null;
  const ref = event ?? (open.kind === 'event' ? { eventId: open.eventId, at: open.at } : null);
  const attempt = row?.attempt ?? null;
  const operation = attempt?.operation ?? event?.operation;
  const joined = joinedBy(attempt, event);
  return (
    <Modal title={operation ? `${operation} call` : 'Call'} shape="drawer" onClose={onClose}>
      <div className="call-detail">
        <section aria-labelledby="attempt-title">
          <h3 id="attempt-title">Attempt</h3>
          <AttemptSide
            attempt={attempt}
            marked={joined.fields}
            isFound={row !== null}
            eventState={event?.state}
            isLoading={isLoading}
          />
        </section>
        <section aria-labelledby="record-title">
          <h3 id="record-title">Audit record</h3>
          {ref === null ? (
            <StateBox
              kind="empty"
              title="No audit event"
              text={
                attempt ? stateWords(attempt.state).about : 'Its call is not among those shown.'
              }
              action={
                <button type="button" className="button" onClick={onClose}>
                  Back to the calls
                </button>
              }
            />
          ) : (
            <Record eventRef={{ eventId: ref.eventId, at: ref.at }} joined={joined} />
          )}
        </section>
      </div>
    </Modal>
  );
}

/** Facts by name; those by which both sides were joined are marked. */
function Facts({
  facts,
  marked,
}: {
  facts: readonly (readonly [string, React.ReactNode])[];
  marked: readonly JoinField[];
}) {
  const isMarked = (name: string) => marked.some((field) => field === name);
  return (
    <dl className="facts facts-wide">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{isMarked(name) ? <mark>{value}</mark> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function absentWords(isFound: boolean, eventState: string | undefined): string {
  if (!isFound)
    return 'This call is not among those loaded: widen the window, or clear the filters.';
  // Its event is listed alone.
  if (eventState === 'matched') return 'It is listed beside this event among the matched attempts.';
  return eventState === 'not-known'
    ? 'No telemetry tells which attempt this event belongs to.'
    : 'No attempt of ours belongs to this event.';
}

function AttemptSide({
  attempt,
  marked,
  isFound,
  eventState,
  isLoading,
}: {
  attempt: AttemptView | null;
  marked: readonly JoinField[];
  isFound: boolean;
  eventState: string | undefined;
  isLoading: boolean;
}) {
  if (isLoading) return <LoadingState label="Loading the attempt" />;
  if (!attempt) {
    return <p className="muted">{absentWords(isFound, eventState)}</p>;
  }
  const { label, about } = stateWords(attempt.state);
  return (
    <Facts
      marked={marked}
      facts={[
        ['State', `${label}. ${about}`],
        ['Joined', attempt.joinMethod ? `${joinWords(attempt)}, marked` : 'not joined'],
        ['Cause', `${causeLabel(attempt.cause)}. ${causeWords(attempt.cause)?.about ?? ''}`],
        ['Operation', attempt.operation],
        ['Outcome', attempt.errorCode ?? attempt.outcome],
        ['Looked up at', instantText(attempt.at, 'milli')],
        ['Sent at', attempt.sent ? instantText(attempt.sentAt, 'milli') : 'never sent'],
        ['Duration', spanText(attempt.durationMs)],
        ['Workspace', attempt.workspace],
        [
          'Key',
          <code key="key">
            <WrappedText text={attempt.key} />
          </code>,
        ],
        ['Process', attempt.process],
        ['Boot', <code key="boot">{attempt.boot}</code>],
        ['Number', `${attempt.seq}, attempt ${attempt.attempt}`],
        ['Request id', <code key="request">{attempt.requestId ?? 'none seen'}</code>],
        ['Span', <code key="span">{attempt.spanId}</code>],
      ]}
    />
  );
}

function EventFacts({
  event,
  marked,
  source,
}: {
  event: EventView;
  marked: readonly JoinField[];
  source: string;
}) {
  const { label, about } = stateWords(event.state);
  return (
    <Facts
      marked={marked}
      facts={[
        ['State', `${label}. ${about}`],
        ['Event', `${event.operation} at ${instantText(event.at, 'milli')}`],
        ['Principal', <code key="principal">{event.principal}</code>],
        ['Request id', <code key="request">{event.requestId ?? 'none given'}</code>],
        ['Source IP', event.sourceIp ?? 'none given'],
        ['Error', event.errorCode ?? 'none'],
        ['Read from', source],
      ]}
    />
  );
}

function Record({
  eventRef,
  joined,
}: {
  eventRef: { eventId: string; at: number };
  joined: ReturnType<typeof joinedBy>;
}) {
  const event = useAuditEvent(eventRef);
  return (
    <Loaded request={event} label="Loading the audit record" lines={8}>
      {(view) => <Delivered view={view} joined={joined} />}
    </Loaded>
  );
}

function Delivered({ view, joined }: { view: RawEventView; joined: ReturnType<typeof joinedBy> }) {
  const text = prettyJson(view.raw);
  return (
    <>
      <EventFacts event={view.event} marked={joined.fields} source={view.source} />
      <div className="raw-record">
        <CopyButton text={text} label="Copy record" />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key */}
        <section className="raw-scroll" tabIndex={0} aria-label="Raw audit record">
          <pre>
            {markedParts(text, joined.texts).map((part) =>
              part.isMarked ? <mark key={part.at}>{part.text}</mark> : part.text,
            )}
          </pre>
        </section>
      </div>
    </>
  );
}
