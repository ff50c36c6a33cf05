'use client';

import { useEffect, useId, useState } from 'react';
import { causeLabel, causeOrder } from '../../lib/shared/causes.ts';
import { type CallRow, callsShow } from '../../lib/shared/dto.ts';
import { type CallFilter, callFilters } from '../hooks/call-filters.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { showWords } from '../table/call-words.ts';
import './calls-filter.css';

const chipWords = { key: 'key', dek: 'DEK', tag: 'conversation', principal: 'principal' };
const operations = ['Encrypt', 'Decrypt'];

/** A named value, and whatever else the URL holds: no filter is ever hidden. */
const withCurrent = (values: readonly string[], current: string | null): string[] =>
  current && !values.includes(current) ? [...values, current] : [...values];

/** The filters of the calls page, each a parameter of the URL. */
export function CallsFilterBar({ rows }: { rows: readonly CallRow[] }) {
  const { get, set } = useUrlState();
  const seen = (value: (row: CallRow) => string | undefined): string[] =>
    [...new Set(rows.flatMap((row) => value(row) ?? []))].sort();
  const isFiltered = callFilters.some((name) => get(name));
  const change = (name: CallFilter, value: string) => set({ [name]: value || null, open: null });
  return (
    <search className="calls-filter" aria-label="Filters">
      <Choice
        label="Show"
        value={get('show') ?? 'attempts'}
        isFirst
        onChange={(value) => change('show', value === 'attempts' ? '' : value)}
        options={callsShow.map((value) => ({ value, label: showWords[value] }))}
      />
      <Choice
        label="Cause"
        value={get('cause') ?? ''}
        onChange={(value) => change('cause', value)}
        options={[
          { value: '', label: 'Any cause' },
          ...withCurrent(causeOrder, get('cause')).map((value) => ({
            value,
            label: causeLabel(value),
          })),
        ]}
      />
      <Choice
        label="Operation"
        value={get('operation') ?? ''}
        onChange={(value) => change('operation', value)}
        options={[
          { value: '', label: 'Any operation' },
          ...withCurrent(operations, get('operation')).map((value) => ({ value, label: value })),
        ]}
      />
      <Words
        label="Process"
        value={get('process') ?? ''}
        onChange={(value) => change('process', value)}
        hints={seen(({ attempt }) => attempt?.process)}
      />
      <Words
        label="Workspace"
        value={get('workspace') ?? ''}
        onChange={(value) => change('workspace', value)}
        hints={seen(({ attempt }) => attempt?.workspace)}
      />
      {(['key', 'dek', 'tag', 'principal'] as const).map((name) => {
        const value = get(name);
        return (
          value && (
            <button
              key={name}
              type="button"
              className="chip"
              title={value}
              aria-label={`Remove the filter ${chipWords[name]} ${value}`}
              onClick={() => change(name, '')}
            >
              <span>
                {chipWords[name]}: {value}
              </span>
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
    </search>
  );
}

function Choice({
  label,
  value,
  options,
  isFirst = false,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  isFirst?: boolean;
  onChange: (value: string) => void;
}) {
  return (
    <label>
      {label}
      <select
        value={value}
        data-shortcut={isFirst ? 'filter' : undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Free text with the values seen so far as hints; it takes effect on Enter or when left. */
function Words({
  label,
  value,
  hints,
  onChange,
}: {
  label: string;
  value: string;
  hints: readonly string[];
  onChange: (value: string) => void;
}) {
  const listId = useId();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = () => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <label>
      {label}
      <input
        type="text"
        value={text}
        list={listId}
        placeholder="any"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          if (hints.includes(next)) onChange(next);
        }}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      <datalist id={listId}>
        {hints.map((hint) => (
          <option key={hint} value={hint} />
        ))}
      </datalist>
    </label>
  );
}
