import type { AuditFacts, AuditRecord } from '../domain/audit-record.ts';
import { boundedId, boundedText, textBytesMax } from './bounded-text.ts';

/**
 * An audit record as the store can keep it: whoever may call a key writes into its log, so every
 * text is made well-formed and cut to its bytes here, whichever cloud it came from. What is indexed
 * or compared stays one of a kind; `raw` keeps the whole.
 */
export function boundedRecord(record: AuditRecord): AuditRecord {
  return {
    ...record,
    eventId: id(record.eventId),
    operation: boundedId(record.operation, textBytesMax.word),
    key: optionalId(record.key),
    otherKeys: record.otherKeys.map(id),
    principal: id(record.principal),
    principalName: shown(record.principalName),
    session: optionalId(record.session),
    account: optionalId(record.account),
    recipientAccount: optionalId(record.recipientAccount),
    requestId: optionalId(record.requestId),
    sharedEventId: optionalId(record.sharedEventId),
    errorCode: record.errorCode === null ? null : boundedId(record.errorCode, textBytesMax.word),
    sourceIp: record.sourceIp === null ? null : shown(record.sourceIp),
    userAgent: record.userAgent === null ? null : shown(record.userAgent),
    workspace: optionalId(record.workspace),
    dekId: optionalId(record.dekId),
    invokedBy: optionalId(record.invokedBy),
    facts: boundedFacts(record.facts),
    raw: boundedText(record.raw, textBytesMax.record),
  };
}

const pairsMax = 32;

function boundedFacts(facts: AuditFacts): AuditFacts {
  const pairs = (given: AuditFacts['ids']) =>
    given.length === 0
      ? given
      : given
          .slice(0, pairsMax)
          .map(([name, value]) => [shown(name), boundedText(value, textBytesMax.id)] as const);
  const { time, reason, error, network, ids } = facts;
  return {
    ...facts,
    time: boundedText(time, textBytesMax.word),
    reason: reason === null ? null : boundedText(reason, textBytesMax.id),
    error: error === null ? null : shown(error),
    network: pairs(network),
    ids: pairs(ids),
  };
}

const id = (value: string) => boundedId(value, textBytesMax.id);
const optionalId = (value: string | null) => (value === null ? null : id(value));
const shown = (value: string) => boundedText(value, textBytesMax.shown);
