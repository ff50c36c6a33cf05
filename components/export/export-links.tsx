'use client';

import type { Exported } from '../../lib/shared/exports.ts';
import { queryText, windowRequest } from '../../lib/shared/window-param.ts';
import { type CallFilters, callFilters } from '../hooks/url-params.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import './export.css';

const formats = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
] as const;

/** What is shown here as a file, with this window and these filters. */
export function ExportLinks({ of, filters = {} }: { of: Exported; filters?: CallFilters }) {
  const { window, filter } = useUrlState();
  const own = Object.fromEntries(
    callFilters.flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]]])),
  );
  return (
    <p className="export-links">
      Save as
      {formats.map(([format, label]) => (
        <a
          key={format}
          href={`/api/export?${queryText(
            new URLSearchParams({ of, format, ...windowRequest(window), ...filter, ...own }),
          )}`}
          download
          aria-label={`Save ${of} as ${label}`}
        >
          {label}
        </a>
      ))}
    </p>
  );
}
