import { AppError } from '../domain/app-error.ts';
import type { CallsInput } from '../services/answers/calls.ts';
import { callsShow } from '../shared/dto.ts';
import { parseWindow } from './parse-window.ts';

const filterNames = [
  'cause',
  'operation',
  'key',
  'process',
  'workspace',
  'dek',
  'tag',
  'principal',
] as const;

/** @throws {AppError} `bad-request` naming the parameter. */
export function parseCallsQuery(query: URLSearchParams, now: number): CallsInput {
  const given = query.get('show') ?? 'attempts';
  const show = callsShow.find((name) => name === given);
  if (show === undefined) {
    throw new AppError(
      'bad-request',
      `show=${given} is not known; use one of ${callsShow.join(', ')}.`,
    );
  }
  const filters: CallsInput['filters'] = {};
  for (const name of filterNames) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    filters[name] = value;
  }
  return { window: parseWindow(query, now), show, filters, cursor: query.get('cursor') };
}
