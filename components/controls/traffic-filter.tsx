'use client';

import type { ExplainView } from '../../lib/shared/dto.ts';
import { keyLabel } from '../hooks/key-label.ts';
import { type FilterName, filterNames } from '../hooks/url-params.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Picker } from '../ui/picker.tsx';
import type { PickerOption } from '../ui/picker-list.tsx';
import './traffic-filter.css';

const words: Record<FilterName, { label: string; all: string }> = {
  workspace: { label: 'Workspace', all: 'All workspaces' },
  key: { label: 'Key', all: 'All keys' },
  principal: { label: 'Principal', all: 'All principals' },
  process: { label: 'Process', all: 'All processes' },
};

/** Narrows a screen to a workspace, a key or a process, each a parameter of the URL. */
export function TrafficFilter({
  choices,
  names = filterNames,
  unused,
}: {
  choices: ExplainView['choices'] | undefined;
  /** The filters that the screen uses. */
  names?: readonly FilterName[];
  /** Why a filter in the URL has no effect here. */
  unused?: string;
}) {
  const { filter, set } = useUrlState();
  const ignored = filterNames.filter((name) => filter[name] && !names.includes(name));
  // A log alone has principals and usually neither workspaces nor processes; telemetry has those.
  const isOffered = (name: FilterName) =>
    Boolean(filter[name]) ||
    (choices === undefined ? name !== 'principal' : optionsOf(name, choices).length > 0);
  const isFiltered = names.some((name) => filter[name]);
  return (
    <search className="traffic-filter" aria-label="Filters">
      {names.filter(isOffered).map((name) => (
        <Picker
          key={name}
          label={words[name].label}
          value={filter[name] ?? ''}
          options={[{ value: '', label: words[name].all }, ...optionsOf(name, choices)]}
          isFree
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

function optionsOf(name: FilterName, choices: ExplainView['choices'] | undefined): PickerOption[] {
  if (choices === undefined) return [];
  const plain = (values: readonly string[]) => values.map((value) => ({ value, label: value }));
  switch (name) {
    case 'workspace':
      return plain(choices.workspaces);
    case 'key':
      return choices.keys.map((value) => ({ value, label: keyLabel(value) }));
    case 'principal':
      return choices.principals.map(({ id, name: label }) => ({ value: id, label }));
    case 'process':
      return plain(choices.processes);
  }
}
