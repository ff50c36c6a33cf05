'use client';

import { queryText, windowRequest } from '../../lib/shared/window-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';

const formats = [
  { name: 'markdown', label: 'Markdown' },
  { name: 'json', label: 'JSON' },
] as const;

/** The whole explanation of this window and filter as a file. */
export function ReportLinks() {
  const { window, filter } = useUrlState();
  return (
    <p className="report-links note">
      Download the report:
      {formats.map(({ name, label }) => (
        <a
          key={name}
          href={`/api/report?${queryText(
            new URLSearchParams({ format: name, ...windowRequest(window), ...filter }),
          )}`}
          download
        >
          {label}
        </a>
      ))}
    </p>
  );
}
