'use client';

import { useSyncExternalStore } from 'react';
import { Panel } from '../ui/panel.tsx';
import { Snippet } from './snippet.tsx';

const policy = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*" }
  ]
}`;

const senderFor = (origin: string): string =>
  `import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';

const engine = createEngine({
  // provider, directory, keyFor and process as before
  telemetry: [otlpSender({ url: '${origin}/api/otlp', token })],
});`;

const noChanges = () => () => undefined;

/** What goes on coming in by itself, once it is connected. */
export function Live() {
  const origin = useSyncExternalStore(
    noChanges,
    () => location.origin,
    () => 'http://127.0.0.1:3000',
  );
  return (
    <>
      <Panel
        title="From CloudTrail, as it grows"
        note="Give the process AWS credentials with this policy, and start it with the Region."
      >
        <Snippet label="IAM policy" text={policy} />
        <Snippet label="Start" text="KEYTIDE_CLOUDTRAIL_REGION=eu-central-1 npm start" />
      </Panel>
      <Panel
        title="From the service itself"
        note="A service that embeds crypto-core sends its own count of every request; then nothing is guessed."
      >
        <Snippet label="Token: kept beside the database" text="cat .keytide/ingest-token" />
        <Snippet label="Sender" text={senderFor(origin)} />
      </Panel>
    </>
  );
}
