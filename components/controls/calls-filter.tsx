'use client';

import { causeLabel, causeOrder } from '../../lib/shared/causes.ts';
import { callsShow } from '../../lib/shared/dto.ts';
import { type EchoPart, parseEcho } from '../../lib/shared/echo-param.ts';
import { parseLogCause } from '../../lib/shared/log-cause-param.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { callFilters, type UrlChanges } from '../hooks/url-params.ts';
import { useChoices } from '../hooks/use-choices.ts';
import { useOneStop } from '../hooks/use-one-stop.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { showWords } from '../table/call-words.ts';
import { Picker } from '../ui/picker.tsx';
import './calls-filter.css';

const chipWords = { key: 'key', dek: 'DEK', tag: 'conversation', principal: 'principal' };

/** A filter as its chip says it. */
function chipText(name: keyof typeof chipWords | 'echo' | 'log', value: string): string {
  if (name === 'log') return logText(value);
  const echo = name === 'echo' ? parseEcho(value) : null;
  if (name !== 'echo') return `${chipWords[name]}: ${value}`;
  if (echo === null) return value;
  const { cause, at, generation } = echo;
  const loads = `loads at ${instantText(at)}, ${causeLabel(cause).toLowerCase()}`;
  return `${generationText(generation)}${loads}`;
}

function generationText(generation: EchoPart['generation']): string {
  if (generation === 0) return '';
  if (generation === null) return 'all that goes back to ';
  return generation === 'rest' ? 'all but ' : `echo ${generation} of `;
}

function logText(value: string): string {
  const part = parseLogCause(value);
  if (part === null) return value;
  return `${part.how ?? 'told'} by the log: ${causeLabel(part.cause).toLowerCase()}`;
}

const freeWords = {
  process: { label: 'Process', all: 'Any process', of: 'processes' },
  workspace: { label: 'Workspace', all: 'Any workspace', of: 'workspaces' },
} as const;
const operations = ['Encrypt', 'Decrypt'];

const showNamed = (value: string) => callsShow.find((name) => name === value) ?? null;

/** A named value, and whatever else the URL holds: no filter is ever hidden. */
const withCurrent = (values: readonly string[], current: string | null): string[] =>
  current && !values.includes(current) ? [...values, current] : [...values];

/** The filters of the calls page, each a parameter of the URL. */
export function CallsFilterBar() {
  const { values, set, window } = useUrlState();
  const choices = useChoices(window);
  const row = useOneStop<HTMLDivElement>();
  const isFiltered = callFilters.some((name) => values[name]);
  const change = (changes: UrlChanges) => set({ ...changes, open: null });
  return (
    <search aria-label="Filters">
      <div {...row} className="calls-filter" role="toolbar" aria-label="Filters">
        <Picker
          label="Show"
          value={values.show ?? 'attempts'}
          isFirst
          onChange={(value) => change({ show: value === 'attempts' ? null : showNamed(value) })}
          options={callsShow.map((value) => ({ value, label: showWords[value] }))}
        />
        <Picker
          label="Cause"
          value={values.cause ?? ''}
          onChange={(value) => change({ cause: value || null })}
          options={[
            { value: '', label: 'Any cause' },
            ...withCurrent(causeOrder, values.cause).map((value) => ({
              value,
              label: causeLabel(value),
            })),
          ]}
        />
        <Picker
          label="Operation"
          value={values.operation ?? ''}
          onChange={(value) => change({ operation: value || null })}
          options={[
            { value: '', label: 'Any operation' },
            ...withCurrent(operations, values.operation).map((value) => ({ value, label: value })),
          ]}
        />
        {(['process', 'workspace'] as const).map((name) => (
          <Picker
            key={name}
            label={freeWords[name].label}
            value={values[name] ?? ''}
            of={name}
            isFree
            onChange={(value) => change({ [name]: value || null })}
            options={[
              { value: '', label: freeWords[name].all },
              ...(choices?.[freeWords[name].of] ?? []).map((value) => ({ value, label: value })),
            ]}
          />
        ))}
        {(['key', 'dek', 'tag', 'echo', 'log', 'principal'] as const).map((name) => {
          const value = values[name];
          return (
            value && (
              <button
                key={name}
                type="button"
                className="chip"
                title={chipText(name, value)}
                aria-label={`Remove the filter ${chipText(name, value)}`}
                onClick={() => change({ [name]: null })}
              >
                <span>{chipText(name, value)}</span>
                <span aria-hidden="true">×</span>
              </button>
            )
          );
        })}
        {isFiltered && (
          <button
            type="button"
            className="button"
            onClick={() =>
              set({ ...Object.fromEntries(callFilters.map((name) => [name, null])), open: null })
            }
          >
            Clear filters
          </button>
        )}
      </div>
    </search>
  );
}
