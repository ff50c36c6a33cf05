import { AppError } from '../domain/app-error.ts';
import type { CallsInput } from '../services/answers/calls.ts';
import { callsShow } from '../shared/dto.ts';
import { parseEcho } from '../shared/echo-param.ts';
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
  const echo = query.get('echo') || null;
  const part = echo === null ? null : parseEcho(echo);
  if (echo !== null && part === null)
    throw new AppError(
      'bad-request',
      `echo=${echo} is not understood; give cause, instant and perhaps generation, such as load.first.cold-start/2026-01-02T03:04Z/2.`,
    );
  return {
    ...{ window: parseWindow(query, now), show, filters, echo: part },
    cursor: query.get('cursor'),
  };
}
