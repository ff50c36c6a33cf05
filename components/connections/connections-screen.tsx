'use client';

import { useConnections } from '../hooks/use-connections.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { AddSource } from './add-source.tsx';
import { GapList } from './gap-list.tsx';
import { SourceCard } from './source-card.tsx';
import { TelemetrySide } from './telemetry-side.tsx';
import '../explain/explain.css';
import '../service/service.css';
import '../start/start.css';
import './connections.css';

/** The audit logs that are read, what each lacks, and who sends telemetry. */
export function ConnectionsScreen() {
  const connections = useConnections();
  return (
    <>
      <div className="screen-head">
        <h1>Connections</h1>
      </div>
      <div className="explain-grid">
        <Panel
          title="Audit logs"
          className="span-all"
          note="What is read as it grows, how far it is complete, and what is missing."
        >
          <Loaded request={connections} label="Loading the connections" lines={6}>
            {({ gaps, sources, now }) => (
              <>
                <GapList gaps={gaps} />
                {sources.length === 0 ? (
                  <StateBox
                    kind="empty"
                    title="No audit log is connected yet"
                    text="Say below where one is; or give files of it."
                    action={
                      <PageLink className="button" href="/start">
                        Drop files of a log
                      </PageLink>
                    }
                  />
                ) : (
                  <ul className="coverage-list">
                    {sources.map((source) => (
                      <SourceCard key={source.id} source={source} now={now} />
                    ))}
                  </ul>
                )}
              </>
            )}
          </Loaded>
        </Panel>
        <Panel
          title="Add a log"
          note="Credentials are found as each cloud’s own tools find them, on the machine that Keytide runs on. None is kept."
        >
          <AddSource />
        </Panel>
        <Panel
          title="Telemetry"
          note="A service that embeds crypto-core tells every request it makes."
        >
          <Loaded request={connections} label="Loading the processes" lines={4}>
            {({ processes, tokenAt }) => <TelemetrySide processes={processes} tokenAt={tokenAt} />}
          </Loaded>
        </Panel>
      </div>
    </>
  );
}
