'use client';

import { useSyncExternalStore } from 'react';
import { Snippet } from './snippet.tsx';

const senderFor = (origin: string): string =>
  `import { otlpSender } from '@keytide/crypto-core/telemetry/otlp';

const engine = createEngine({
  // provider, directory, keyFor and process as before
  telemetry: [otlpSender({ url: '${origin}/api/otlp', token })],
});`;

const noChanges = () => () => undefined;

/** How a service that embeds crypto-core sends its telemetry here. */
export function SenderSnippets({ tokenAt }: { tokenAt: string }) {
  const origin = useSyncExternalStore(
    noChanges,
    () => location.origin,
    () => 'http://127.0.0.1:3000',
  );
  // Beside the database, unless a variable sets it.
  const isFile = /[/\\]/.test(tokenAt);
  return (
    <>
      <Snippet
        label={isFile ? 'Token: kept beside the database' : 'Token: as the environment sets it'}
        text={isFile ? `cat ${tokenAt}` : `echo $${tokenAt}`}
      />
      <Snippet label="Sender" text={senderFor(origin)} />
    </>
  );
}
