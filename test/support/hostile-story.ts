/** A morning in which every field of every record and span holds the same text from outside. */
import { keyArn } from './records.ts';

const minuteMs = 60_000;
const boot = 'boot0001';

export interface HostileStory {
  from: number;
  to: number;
  /** CloudTrail records. */
  records: object[];
  /** OTLP requests. */
  traces: object;
  metrics: object;
}

/** One call a minute for three hours, and a burst of them in one minute; strangers beside them. */
export function hostileStory(text: string, from: number): HostileStory {
  const to = from + 180 * minuteMs;
  const burstAt = from + 150 * minuteMs;
  const instants = [
    ...Array.from({ length: 180 }, (_, minute) => from + minute * minuteMs + 7_000),
    ...Array.from({ length: 60 }, (_, second) => burstAt + second * 1_000),
  ].sort((a, b) => a - b);
  return {
    from,
    to,
    records: instants.flatMap((at, index) => [
      cloudTrailRecord(`ours-${index}`, text, { at, requestID: `r-${index}`, index }),
      cloudTrailRecord(`theirs-${index}`, text, { at, requestID: `s-${index}` }),
    ]),
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans: spansOf(instants, text) }] }] },
    metrics: {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: metricsOf(from, text) }] }],
    },
  };
}

/** A CloudTrail record with `text` in every field that is read; of our engine where it has an index. */
export function cloudTrailRecord(
  eventID: string,
  text: string,
  {
    at,
    key = keyArn,
    requestID = text,
    index,
  }: { at: number; key?: string; requestID?: string; index?: number },
): object {
  const ours = index !== undefined;
  const claim = `keytide/1#engine-1.${boot}.${(index ?? 0) + 1}.1#constructor#${'b'.repeat(16)}`;
  return {
    eventSource: 'kms.amazonaws.com',
    eventName: ours ? 'Decrypt' : text,
    eventTime: new Date(at).toISOString(),
    eventID,
    requestID,
    recipientAccountId: text,
    errorCode: ours ? undefined : text,
    errorMessage: text,
    sourceIPAddress: text,
    userAgent: ours ? `${text} ${claim}` : text,
    userIdentity: {
      type: text,
      principalId: ours ? `ours ${text}` : text,
      accountId: text,
      arn: text,
      invokedBy: text,
    },
    requestParameters: {
      keyId: key,
      encryptionContext: { 'keytide:workspace': text, 'keytide:dek': text, [text]: text },
    },
  };
}

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
});
const resource = {
  attributes: [
    attribute('keytide.process', 'engine-1'),
    attribute('keytide.boot', boot),
    attribute('keytide.ttl_ms', 3_600_000),
  ],
};

function spansOf(instants: readonly number[], text: string): object[] {
  return instants.flatMap((at, index) => {
    const common = [
      ...['workspace', 'cause', 'path', 'dek.id', 'tag', 'edek.fingerprint'].map((name) =>
        attribute(`keytide.${name}`, text),
      ),
      ...['generation', 'coalesced', 'attempts'].map((name) => attribute(`keytide.${name}`, 1)),
      attribute('keytide.seq', index + 1),
      attribute('keytide.root_seq', 1),
      attribute('keytide.key', keyArn),
      attribute('keytide.outcome', 'ok'),
      attribute('rpc.method', 'Decrypt'),
      attribute('aws.request_id', `r-${index}`),
      attribute('error.type', text),
      attribute('keytide.at', at),
    ];
    const span = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: text,
      startTimeUnixNano: `${at}000000`,
      endTimeUnixNano: `${at + 5}000000`,
    };
    return [
      { ...span, attributes: common },
      { ...span, attributes: [...common, attribute('keytide.attempt', 1)] },
    ];
  });
}

/** As many lookups as calls, all of them misses, so that the ledger balances. */
function metricsOf(from: number, text: string): object[] {
  const points = (extra: object[], n: number) => [
    {
      asInt: String(n),
      startTimeUnixNano: `${from}000000`,
      attributes: [
        attribute('keytide.rollup.seq', 1),
        attribute('keytide.workspace', text),
        ...extra,
      ],
    },
  ];
  const sum = (name: string, dataPoints: object[]) => ({
    name: `keytide.${name}`,
    sum: { aggregationTemporality: 1, dataPoints },
  });
  const key = attribute('keytide.key', keyArn);
  const where = [key, attribute('keytide.scope', text), attribute('keytide.path', text)];
  return [
    sum('messages', points([key], 500)),
    sum('operations', points([...where, attribute('keytide.outcome', 'miss')], 240)),
    sum('dek.uses', points([attribute('keytide.dek.id', text)], 240)),
  ];
}
