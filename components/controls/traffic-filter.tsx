'use client';

import { useId } from 'react';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { type FilterName, filterNames, keyLabel } from '../hooks/filter-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import './traffic-filter.css';

const words: Record<
  FilterName,
  { label: string; all: string; from: keyof ExplainView['choices'] }
> = {
  workspace: { label: 'Workspace', all: 'All workspaces', from: 'workspaces' },
  key: { label: 'Key', all: 'All keys', from: 'keys' },
  process: { label: 'Process', all: 'All processes', from: 'processes' },
};

/** Narrows a screen to a workspace, a key or a process, each a parameter of the URL. */
export function TrafficFilter({
  choices,
  names = filterNames,
  unused,
}: {
  choices: ExplainView['choices'] | undefined;
  /** The filters that the screen heeds. */
  names?: readonly FilterName[];
  /** Why a filter that the URL holds has no effect here. */
  unused?: string;
}) {
  const { filter, set } = useUrlState();
  const ignored = filterNames.filter((name) => filter[name] && !names.includes(name));
  const isFiltered = names.some((name) => filter[name]);
  return (
    <search className="traffic-filter" aria-label="Filters">
      {names.map((name) => (
        <Choice
          key={name}
          name={name}
          value={filter[name] ?? ''}
          values={choices?.[words[name].from] ?? []}
          onChange={(value) => set({ [name]: value || null, open: null })}
        />
      ))}
      {isFiltered && (
        <button
          type="button"
          className="button"
          onClick={() => set(Object.fromEntries(filterNames.map((name) => [name, null])))}
        >
          Clear filters
        </button>
      )}
      {ignored.map((name) => (
        <p key={name} className="note">
          {words[name].label} {filter[name]}: {unused}
        </p>
      ))}
    </search>
  );
}

function Choice({
  name,
  value,
  values,
  onChange,
}: {
  name: FilterName;
  value: string;
  values: readonly string[];
  onChange: (value: string) => void;
}) {
  const id = useId();
  const { label, all } = words[name];
  // What the URL holds is always shown, known or not.
  const options = value === '' || values.includes(value) ? values : [...values, value];
  return (
    <div className={value === '' ? 'traffic-choice' : 'traffic-choice is-set'}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        title={value || undefined}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{all}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {name === 'key' ? keyLabel(option) : option}
          </option>
        ))}
      </select>
    </div>
  );
}
