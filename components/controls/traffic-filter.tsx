'use client';

import { type FilterName, filterNames } from '../hooks/url-params.ts';
import { choiceOptions, type FilterChoices } from '../hooks/use-choices.ts';
import { useOneStop } from '../hooks/use-one-stop.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Picker } from '../ui/picker.tsx';
import './traffic-filter.css';

const words: Record<FilterName, { label: string; all: string }> = {
  workspace: { label: 'Workspace', all: 'All workspaces' },
  key: { label: 'Key', all: 'All keys' },
  principal: { label: 'Principal', all: 'All principals' },
  process: { label: 'Process', all: 'All processes' },
};

/** A log alone is told apart by principals, and usually has neither workspaces nor processes; telemetry has those. */
export const isChoice = (name: FilterName, choices: FilterChoices | undefined): boolean =>
  choices === undefined
    ? name !== 'principal'
    : choiceOptions(name, choices).length > 0 &&
      (name !== 'principal' || choices.processes.length === 0);

/** Narrows a screen to a workspace, a key or a process, each a parameter of the URL. */
export function TrafficFilter({
  choices,
  names = filterNames,
  unused,
}: {
  choices: FilterChoices | undefined;
  /** The filters that the screen uses. */
  names?: readonly FilterName[];
  /** Why a filter in the URL has no effect here. */
  unused?: string;
}) {
  const { filter, set } = useUrlState();
  const ignored = filterNames.filter((name) => filter[name] && !names.includes(name));
  const isOffered = (name: FilterName) => Boolean(filter[name]) || isChoice(name, choices);
  const row = useOneStop<HTMLDivElement>();
  const isFiltered = names.some((name) => filter[name]);
  return (
    <search aria-label="Filters">
      <div {...row} className="traffic-filter" role="toolbar" aria-label="Filters">
        {names.filter(isOffered).map((name) => (
          <Picker
            key={name}
            label={words[name].label}
            value={filter[name] ?? ''}
            options={[{ value: '', label: words[name].all }, ...choiceOptions(name, choices)]}
            of={name}
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
      </div>
    </search>
  );
}
