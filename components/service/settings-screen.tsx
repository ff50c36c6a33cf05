'use client';

import dynamic from 'next/dynamic';
import { useState } from 'react';
import { useExplain } from '../hooks/use-explain.ts';
import { useService } from '../hooks/use-service.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Loaded } from '../states/loaded.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { ServiceFormEditor } from './service-form.tsx';
import { ServiceHelps } from './service-helps.tsx';
import '../explain/explain.css';
import './service.css';

const PriceEditor = dynamic(async () => (await import('../explain/price-editor.tsx')).PriceEditor);

/** What one knows of the service, which makes the answers of a log alone sharper; prices; and what can be connected. */
export function SettingsScreen() {
  const { window } = useUrlState();
  const [isPricing, setIsPricing] = useState(false);
  const service = useService();
  const explained = useExplain(window, {});
  return (
    <>
      <div className="screen-head">
        <h1>Settings</h1>
      </div>
      <div className="explain-grid">
        <Panel
          title="What would tell most"
          className="span-all"
          note="An audit log shows requests. What else you know makes its answers sharper."
        >
          <Loaded request={explained} label="Loading what would help" lines={3}>
            {({ helps, logCauses, ledger }) => {
              const isTold = ledger.lines.some(({ total }) => total > 0);
              return (
                <ServiceHelps helps={helps} by={logCauses ? 'log' : isTold ? 'all' : 'none'} />
              );
            }}
          </Loaded>
        </Panel>
        <Panel
          title="What you know of the service"
          className="span-all"
          note={
            <>
              All of it is optional, and kept in Keytide’s own database.{' '}
              <code>explain --service</code> takes the same as a file.
            </>
          }
        >
          <Loaded request={service} label="Loading what is known" lines={8}>
            {(form) => (
              <ServiceFormEditor
                form={form}
                principals={explained.data?.choices.principals ?? []}
              />
            )}
          </Loaded>
        </Panel>
        <Panel title="Prices" note="What a KMS request costs, by cloud, and who pays.">
          <button type="button" className="button" onClick={() => setIsPricing(true)}>
            Edit prices
          </button>
        </Panel>
        <Panel title="Sources" note="Logs, live reading, the service’s own counts, the sandbox.">
          <PageLink className="button" href="/connections">
            Connections
          </PageLink>
        </Panel>
      </div>
      {isPricing && <PriceEditor onClose={() => setIsPricing(false)} />}
    </>
  );
}
