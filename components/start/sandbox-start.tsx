'use client';

import { useSandbox, useStartSandbox } from '../hooks/use-sandbox.ts';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { StartSandbox } from './start-sandbox.tsx';

/** A simulated cloud for who has no log at hand. */
export function SandboxStart() {
  const sandbox = useSandbox();
  const start = useStartSandbox();
  const isRunning = sandbox.data?.running === true;
  return (
    <Panel
      title="No log at hand?"
      note={
        <>
          A simulated cloud (AWS, or with <code>keytide up --cloud</code> Google, Azure or all
          three), with two days of history and live traffic. Every page says that it is one.
        </>
      }
    >
      <p className="sandbox-start">
        {isRunning ? (
          <PageLink className="button button-primary" href="/">
            Look at the sandbox
          </PageLink>
        ) : (
          <StartSandbox start={start} />
        )}
        {start.error && (
          <span className="field-fault" role="alert">
            {start.error.message}
          </span>
        )}
      </p>
    </Panel>
  );
}
