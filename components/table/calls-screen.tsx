'use client';

import dynamic from 'next/dynamic';
import { useMemo } from 'react';
import { countText, instantText } from '../../lib/shared/screen-text.ts';
import { CallsFilterBar } from '../controls/calls-filter.tsx';
import { WindowHead } from '../controls/window-head.tsx';
import { ExportLinks } from '../export/export-links.tsx';
import { callFilters } from '../hooks/url-params.ts';
import { useCalls } from '../hooks/use-calls.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { StateLink } from '../ui/state-link.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { CallsTable } from './calls-table.tsx';
import { findOpen, parseOpen } from './row-key.ts';
import './calls.css';

const CallDetail = dynamic(async () => (await import('./call-detail.tsx')).CallDetail);

/** Attempts beside their audit events. */
export function CallsScreen() {
  const { values, callFilters: filters, set, setWindow, window } = useUrlState();
  const calls = useCalls(window, filters);
  const { data, error } = calls;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const first = data?.pages[0];
  const open = parseOpen(values.open);
  return (
    <>
      <WindowHead title="Calls" shown={first?.window} />
      <CallsFilterBar />
      <section className="panel calls-panel" aria-label="Attempts and audit events">
        <Loaded
          request={{
            ...calls,
            data: first,
            isFetching: calls.isFetching && !calls.isFetchingNextPage,
          }}
          label="Loading calls"
          lines={8}
        >
          {(newest) => (
            <>
              {newest.sumsBefore !== null && rows.length > 0 && (
                <p className="note panel-foot" role="status">
                  {goneText(newest.sumsBefore)}
                </p>
              )}
              {rows.length === 0 ? (
                <NoCalls
                  sumsBefore={newest.sumsBefore}
                  isFiltered={Object.keys(filters).length > 0}
                  onClear={() => set(Object.fromEntries(callFilters.map((name) => [name, null])))}
                  onLater={() => setWindow({ kind: 'since', from: newest.sumsBefore ?? 0 })}
                />
              ) : (
                <>
                  <CallsTable rows={rows} />
                  <footer className="calls-foot">
                    <p className="num" role="status">
                      {countText(rows.length)} of{' '}
                      {newest.total >= newest.totalMax
                        ? `${countText(newest.totalMax)} or more`
                        : countText(newest.total)}
                    </p>
                    <ExportLinks of="calls" filters={filters} />
                    {calls.hasNextPage && (
                      <button
                        type="button"
                        className="button"
                        disabled={calls.isFetchingNextPage}
                        onClick={() => void calls.fetchNextPage()}
                      >
                        {calls.isFetchingNextPage ? 'Loading…' : 'Load more'}
                      </button>
                    )}
                  </footer>
                </>
              )}
            </>
          )}
        </Loaded>
      </section>
      {open && (
        <CallDetail
          open={open}
          row={findOpen(rows, open)}
          isLoading={!first && !error}
          onClose={() => set({ open: null })}
        />
      )}
    </>
  );
}

const goneText = (before: number): string =>
  `Single calls and events before ${instantText(before)} are past retention: only their sums are kept.`;

function NoCalls({
  sumsBefore,
  isFiltered,
  onClear,
  onLater,
}: {
  sumsBefore: number | null;
  isFiltered: boolean;
  onClear: () => void;
  onLater: () => void;
}) {
  const extent = useStore().data?.extent ?? null;
  const { filter } = useUrlState();
  // By one of these the wider link would clear filters, too.
  const hasTrafficFilter = Object.keys(filter).length > 0;
  if (sumsBefore !== null) {
    return (
      <StateBox
        kind="empty"
        title="Kept as sums only"
        text={`${goneText(sumsBefore)} There are none after it in this window${isFiltered ? ' that match' : ''}.`}
        action={
          <button type="button" className="button" onClick={onLater}>
            Look at what is kept
          </button>
        }
      />
    );
  }
  return (
    <StateBox
      kind="empty"
      title={isFiltered ? 'No call matches these filters' : 'No calls in this window'}
      text={
        isFiltered
          ? 'Another window or fewer filters may show some.'
          : 'No engine told of one. Of a log alone there are events, which are listed apart.'
      }
      action={
        isFiltered ? (
          <>
            <button type="button" className="button" onClick={onClear}>
              Clear filters
            </button>
            {!hasTrafficFilter && <WiderLink toEvents={false} />}
          </>
        ) : (
          <>
            {extent !== null && (
              <StateLink className="button button-primary" changes={{ show: 'events' }}>
                See the log’s events
              </StateLink>
            )}
            <WiderLink toEvents={false} />
          </>
        )
      }
    />
  );
}
