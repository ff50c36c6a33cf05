import { AppError } from '../domain/app-error.ts';
import type { CallsInput } from '../services/answers/calls.ts';
import { callsShow } from '../shared/dto.ts';
import { parseEcho } from '../shared/echo-param.ts';
import { parseLogCause } from '../shared/log-cause-param.ts';
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
  return {
    ...{ window: parseWindow(query, now), show, filters },
    echo: partOf(query, 'echo', parseEcho),
    log: partOf(query, 'log', parseLogCause),
    cursor: query.get('cursor'),
  };
}

const forms = {
  echo: 'give cause, instant and perhaps generation, such as load.first.cold-start/2026-01-02T03:04Z/2',
  log: 'give cause and perhaps how it is known, such as load.expired/inferred',
} as const;

function partOf<Part>(
  query: URLSearchParams,
  name: keyof typeof forms,
  parse: (text: string) => Part | null,
): Part | null {
  const given = query.get(name);
  if (given === null || given === '') return null;
  const part = parse(given);
  if (part === null)
    throw new AppError('bad-request', `${name}=${given} is not understood; ${forms[name]}.`);
  return part;
}
