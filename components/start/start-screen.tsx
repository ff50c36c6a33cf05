'use client';

import Link from 'next/link';
import { useState } from 'react';
import type { ImportView } from '../../lib/shared/intake-view.ts';
import type { OnImported } from '../hooks/use-import.ts';
import { useStore } from '../hooks/use-store.ts';
import { Panel } from '../ui/panel.tsx';
import { dataHref } from './data-href.ts';
import { DropZone } from './drop-zone.tsx';
import { Live } from './live.tsx';
import { SandboxStart } from './sandbox-start.tsx';
import { Snippet } from './snippet.tsx';
import '../explain/explain.css';
import './start.css';
import { useGo } from '../hooks/use-go.tsx';

const isOfUse = ({ kmsEvents, telemetry }: ImportView): boolean =>
  kmsEvents > 0 || (telemetry !== null && telemetry.calls + telemetry.counts > 0);

/** What to connect: shown instead of an answer where nothing is stored, and at any time under its own address. */
export function StartScreen({ onGiven }: { onGiven?: () => void }) {
  const go = useGo();
  const store = useStore();
  const extent = store.data?.extent ?? null;
  const [readHref, setReadHref] = useState<string | null>(null);
  const toData: OnImported = (views, failed) => {
    const found = views.findLast(isOfUse)?.extent;
    const href = found ? dataHref('/', found) : null;
    // What was refused, failed or lacks something is to be read first.
    const isWhole =
      failed === 0 && views.every(({ refused, missing }) => refused.length + missing.length === 0);
    setReadHref(isWhole ? null : href);
    if (href !== null && isWhole) go(href);
  };
  return (
    <>
      <div className="screen-head">
        <h1>{extent === null ? 'Nothing is connected yet' : 'Connect a log or a service'}</h1>
      </div>
      <div className="explain-grid">
        <section className="answer span-all" aria-label="What to do">
          <p className="answer-first">
            Give Keytide your cloud’s audit log, and it says who asked your key, how often and why.
          </p>
          <p className="note">
            A log alone is enough. What the service itself counts makes the answers exact. All of it
            stays on this machine.
          </p>
        </section>
        <Panel
          title="Drop a log here"
          className="span-all"
          note="AWS, Google Cloud or Azure, in whatever form you have it: a trail’s files, downloads, query results, ZIP, gzip."
        >
          <DropZone onGiven={onGiven} onDone={toData} />
          {readHref !== null && (
            <p className="panel-foot">
              <Link className="button button-primary" href={readHref}>
                See what the log says
              </Link>
            </p>
          )}
        </Panel>
        <Panel title="From a folder" note="The same reading, for what is too much to drop.">
          <Snippet label="Import" text="npx keytide import PATH" />
        </Panel>
        <SandboxStart />
        <Live />
      </div>
    </>
  );
}
