/** The roll-ups behind the terms of ledger and waterfall, as `measure` or `measure:label`, by the term's id. */
const byId: ReadonlyMap<string, string> = new Map([
  ['hits', 'operations:hit'],
  ['coalesced', 'operations:coalesced'],
  ['misses', 'operations:miss'],
  ['refused', 'operations:denial,outage,waiters,aborted,closed,directory'],
  ['adopted', 'calls:dek.adopted'],
  ['refreshes', 'calls:refresh.ahead'],
  ['validations', 'calls:validate'],
  ['calls-lost', 'missing'],
  ['untold', 'calls'],
  ['events-pending', 'events:unclaimed,claim-new,claim-used'],
  ['extra-calls', 'calls:dek.adopted,refresh.ahead,validate'],
  ['never-sent', 'attempts:never-sent'],
  ['matched', 'attempts:matched'],
  ['pending', 'attempts:unmatched'],
  ['never-logged', 'attempts:unmatched'],
  ['unexplained', 'attempts:unmatched'],
  ['unbalanced', 'attempts'],
  ['requests', 'attempts'],
  ['edge', 'attempts:matched'],
  ['lost', 'events:claim-new'],
  ['suspect', 'events:unclaimed,claim-used'],
  ['stranger', 'events:unclaimed,claim-new,claim-used'],
  ['other', 'events:other'],
  ['operations-per-message', 'operations'],
]);

export const evidenceOf = (id: string): string => byId.get(id) ?? id;
