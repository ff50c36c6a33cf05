import { AppError } from '../domain/app-error.ts';

const extensions = { markdown: 'md', json: 'json' } as const;

/** `format=markdown` or `json`, and the file that what it is `of` is saved as. @throws {AppError} `bad-request` */
export function parseReportFormat(
  query: URLSearchParams,
  { of, otherwise }: { of: 'report' | 'drill'; otherwise: keyof typeof extensions },
): {
  name: keyof typeof extensions;
  file: string;
} {
  const name = query.get('format') ?? otherwise;
  if (name !== 'markdown' && name !== 'json')
    throw new AppError('bad-request', `format=${name} is not known; use markdown or json.`);
  return { name, file: `keytide-${of}.${extensions[name]}` };
}
