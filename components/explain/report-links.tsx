'use client';

import { queryText, windowRequest } from '../../lib/shared/window-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';

const files = [
  { path: '/api/report', format: 'markdown', label: 'Markdown' },
  { path: '/api/report', format: 'json', label: 'JSON' },
  { path: '/api/export', format: 'csv', of: 'report', label: 'CSV' },
] as const;

/** The whole explanation of this window and filter as a file. */
export function ReportLinks() {
  const { window, filter } = useUrlState();
  return (
    <p className="report-links note">
      Download the report:
      {files.map(({ path, label, ...asked }) => (
        <a
          key={label}
          href={`${path}?${queryText(
            new URLSearchParams({ ...asked, ...windowRequest(window), ...filter }),
          )}`}
          download
        >
          {label}
        </a>
      ))}
    </p>
  );
}
