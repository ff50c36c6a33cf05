'use client';

import dynamic from 'next/dynamic';
import { useMemo } from 'react';
import { countText, instantText, rangeText } from '../../lib/shared/screen-text.ts';
import { CallsFilterBar } from '../controls/calls-filter.tsx';
import { WindowPicker } from '../controls/window-picker.tsx';
import { ExportLinks } from '../export/export-links.tsx';
import { callFilters } from '../hooks/url-params.ts';
import { useCalls } from '../hooks/use-calls.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingState } from '../states/loading-state.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Refreshing } from '../ui/refreshing.tsx';
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
  const { data, error, isFetching, isPlaceholderData } = calls;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const first = data?.pages[0];
  const open = parseOpen(values.open);
  const retry = () => void calls.refetch();
  return (
    <>
      <div className="screen-head">
        <h1>
          Calls
          <span className="screen-range">{first ? rangeText(first.window) : ' '}</span>
        </h1>
        <WindowPicker shown={first?.window} />
      </div>
      <CallsFilterBar />
      <section className="panel calls-panel" aria-label="Attempts and audit events">
        {!first && error && <FailureState error={error} onRetry={retry} />}
        {!first && !error && <LoadingState label="Loading calls" lines={8} />}
        {first && (
          <Refreshing
            active={isFetching && !calls.isFetchingNextPage}
            isOther={isPlaceholderData}
            error={error}
            onRetry={retry}
          >
            {first.sumsBefore !== null && rows.length > 0 && (
              <p className="note panel-foot" role="status">
                {goneText(first.sumsBefore)}
              </p>
            )}
            {rows.length === 0 ? (
              <NoCalls
                sumsBefore={first.sumsBefore}
                isFiltered={Object.keys(filters).length > 0}
                onClear={() => set(Object.fromEntries(callFilters.map((name) => [name, null])))}
                onLater={() => setWindow({ kind: 'since', from: first.sumsBefore ?? 0 })}
              />
            ) : (
              <>
                <CallsTable rows={rows} />
                <footer className="calls-foot">
                  <p className="num" role="status">
                    {countText(rows.length)} of{' '}
                    {first.total >= first.totalMax
                      ? `${countText(first.totalMax)} or more`
                      : countText(first.total)}
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
          </Refreshing>
        )}
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
          : 'No engine told of one. The audit log may have events all the same.'
      }
      action={
        isFiltered ? (
          <button type="button" className="button" onClick={onClear}>
            Clear filters
          </button>
        ) : (
          <>
            <WiderLink />{' '}
            <StateLink className="button" changes={{ show: 'events' }}>
              See events without a call
            </StateLink>
          </>
        )
      }
    />
  );
}
