import { AppError } from '../domain/app-error.ts';

const files = { markdown: 'keytide-report.md', json: 'keytide-report.json' } as const;

/** `format=markdown` (the default) or `json`, and the file it is saved as. @throws {AppError} `bad-request` */
export function parseReportFormat(query: URLSearchParams): {
  name: keyof typeof files;
  file: string;
} {
  const name = query.get('format') ?? 'markdown';
  if (name !== 'markdown' && name !== 'json')
    throw new AppError('bad-request', `format=${name} is not known; use markdown or json.`);
  return { name, file: files[name] };
}
