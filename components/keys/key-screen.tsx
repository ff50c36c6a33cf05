'use client';

import Link from 'next/link';
import { keyStateWords } from '../../lib/shared/key-words.ts';
import type { KeyView } from '../../lib/shared/keys-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { ApiError } from '../hooks/fetch-view.ts';
import { useKey } from '../hooks/use-keys.ts';
import { LoadedScreen } from '../states/loaded.tsx';
import { Badge } from '../ui/badge.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WrappedText } from '../ui/wrapped-text.tsx';
import { AccessPanel } from './access-panel.tsx';
import { DrillPanel } from './drill-panel.tsx';
import { GiveAccess } from './give-access.tsx';
import { LifeLine } from './key-life.tsx';
import { KeyUsers } from './key-users.tsx';
import { KnownKeys } from './known-keys.tsx';
import { MeasurePanel } from './measure-panel.tsx';
import { ReadableData } from './readable-data.tsx';
import '../explain/explain.css';
import './keys.css';

/** One key: its state and life, who uses it, and what breaks without it. */
export function KeyScreen({ id }: { id: string }) {
  const key = useKey(id);
  const isUnknown = key.error instanceof ApiError && key.error.code === 'not-found';
  return (
    <>
      <div className="screen-head">
        <h1 className="key-title">
          Key{' '}
          <span className="mono break">
            <WrappedText text={id} />
          </span>
        </h1>
        <PageLink href="/keys">All keys</PageLink>
      </div>
      <LoadedScreen
        request={key}
        panel={{ title: 'Key', label: 'Loading the key' }}
        failure={{
          title: isUnknown ? 'No such key is known' : 'Key',
          action: () => (isUnknown ? <KnownKeys /> : undefined),
        }}
      >
        {(view) => (
          <>
            <StatePanel view={view} />
            <KeyUsers view={view} />
            <LifeLine view={view} />
            <ReadableData view={view} />
            <AccessPanel id={id} />
            <DrillPanel id={id} />
            <MeasurePanel id={id} />
            <GiveAccess view={view} />
          </>
        )}
      </LoadedScreen>
    </>
  );
}

function StatePanel({ view }: { view: KeyView }) {
  const words = keyStateWords[view.state];
  return (
    <Panel
      title="State"
      className="span-all"
      note="As its log’s events tell it; what the cloud itself says may be newer."
    >
      <p className="verdict">
        <Badge tone={words.tone}>{words.label}</Badge>
        {view.since !== null && (
          <span className="muted num"> since {instantText(view.since, 'second')}</span>
        )}
      </p>
      <p>{words.means}</p>
      <p>{words.todo}</p>
      <p className="key-runbooks">
        <Link href={words.runbook.href}>{words.runbook.title}</Link>
        <Link href="/docs/runbooks/switch-keys-regularly">Switch keys regularly (alias)</Link>
        <Link href="/docs/runbooks/leave">We want to leave</Link>
      </p>
    </Panel>
  );
}
