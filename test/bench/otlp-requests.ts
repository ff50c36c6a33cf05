/** Requests as a fleet of engines sends them, for measuring. The same at every run. */
const minuteMs = 60_000;
const processesMax = 8;
const workspacesMax = 40;
export const callsPerRequest = 20;

const attribute = (key: string, value: string | number) => ({
  key: `keytide.${key}`,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
});

const causes = ['load.expired', 'load.expired', 'load.expired', 'load.reopened', 'load.first'];

/** The `no`-th request of a sender: twenty calls of one process, each with its attempt, one request a minute. */
export function traceRequest({ sender, no, from }: { sender: string; no: number; from: number }) {
  const process = `${sender}-${no % processesMax}`;
  const minute = from + Math.floor(no / processesMax) * minuteMs;
  const spans = Array.from({ length: callsPerRequest }, (_, index) =>
    spansOf({
      id: `${sender}${no}x${index}`,
      at: minute + index * 2_500 + (no % processesMax),
      seq: Math.floor(no / processesMax) * callsPerRequest + index + 1,
      workspace: (no * 7 + index * index) % workspacesMax,
      cause: causes[(no + index) % causes.length] ?? '',
    }),
  );
  return {
    resourceSpans: [
      {
        resource: {
          attributes: [
            attribute('process', process),
            attribute('boot', 'boot0001'),
            attribute('started_at', from - 30 * 24 * 60 * minuteMs),
            attribute('ttl_ms', 3_600_000),
          ],
        },
        scopeSpans: [{ spans: spans.flat() }],
      },
    ],
  };
}

interface CallOf {
  id: string;
  at: number;
  seq: number;
  workspace: number;
  cause: string;
}

function spansOf({ id, at, seq, workspace, cause }: CallOf): object[] {
  const hex = Buffer.from(id).toString('hex').padEnd(32, '0');
  const common = [
    attribute('workspace', `workspace-${workspace}`),
    attribute('key', `arn:aws:kms:us-east-1:111122223333:key/bench-${1 + (workspace % 3)}`),
    attribute('cause', cause),
    attribute('path', 'decrypt'),
    attribute('dek.id', `${workspace}`.padStart(32, '0')),
    attribute('generation', cause === 'load.expired' ? 1 : 0),
    attribute('coalesced', 0),
    attribute('attempts', 1),
    attribute('seq', seq),
    attribute('root_seq', Math.max(1, seq - 100)),
    attribute('outcome', 'ok'),
    attribute('at', at),
    attribute('lease_ends_at', at + 60 * minuteMs),
    { key: 'rpc.method', value: { stringValue: 'Decrypt' } },
    { key: 'aws.request_id', value: { stringValue: `r-${id}` } },
  ];
  const span = {
    traceId: hex,
    spanId: hex.slice(0, 16),
    name: 'kms',
    startTimeUnixNano: `${at}000000`,
    endTimeUnixNano: `${at + 5}000000`,
  };
  return [
    { ...span, attributes: common },
    { ...span, attributes: [...common, attribute('attempt', 1)] },
  ];
}
