'use client';

import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { keyLabel } from '../hooks/filter-param.ts';
import { useChoices } from '../hooks/use-choices.ts';
import { useSavedViews } from '../hooks/use-saved-views.ts';
import { useSpikes } from '../hooks/use-spikes.ts';
import { useToggleTheme } from '../hooks/use-theme.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Modal } from '../ui/modal.tsx';
import { pages } from '../ui/pages.ts';
import { foundEntries, type PaletteEntry } from './palette-model.ts';
import './palette.css';

/** Search over pages, what can be filtered by, spikes and actions: type, choose by arrows, Enter. */
export function Palette({
  onClose,
  openHelp,
  openViews,
}: {
  onClose: () => void;
  openHelp: () => void;
  openViews: () => void;
}) {
  const { link, set, window, filter } = useUrlState();
  const router = useRouter();
  const toggleTheme = useToggleTheme();
  const choices = useChoices(window);
  const spikes = useSpikes(window, filter).data?.spikes ?? [];
  const { views } = useSavedViews();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const listId = useId();
  const go = (href: string) => () => router.push(link(href));
  const entries: PaletteEntry[] = [
    ...pages.map(({ label, href }) => ({ kind: 'Page', label, run: go(href) })),
    { kind: 'Page', label: 'Connect a log or a service', run: go('/start') },
    { kind: 'Action', label: 'Switch between light and dark', run: toggleTheme },
    { kind: 'Action', label: 'Save this view, or remove one', run: openViews },
    ...views.map(({ name, href }) => ({
      kind: 'Saved view',
      label: name,
      run: () => router.push(href),
    })),
    { kind: 'Action', label: 'Show keyboard shortcuts', run: openHelp },
    { kind: 'Action', label: 'Print the report', run: go('/report') },
    ...(choices?.workspaces ?? []).map((label) => ({
      kind: 'Workspace',
      label,
      run: () => set({ workspace: label }),
    })),
    ...(choices?.keys ?? []).map((key) => ({
      kind: 'Key',
      label: keyLabel(key),
      run: () => set({ key }),
    })),
    ...(choices?.principals ?? []).map(({ id, name }) => ({
      kind: 'Principal',
      label: name,
      run: () => set({ principal: id }),
    })),
    ...spikes.map(({ sentence, href }) => ({ kind: 'Spike', label: sentence, run: go(href) })),
  ];
  const found = foundEntries(entries, text);
  const chosen = Math.min(at, found.length - 1);
  const run = (entry: PaletteEntry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  return (
    <Modal title="Search" onClose={onClose}>
      <input
        type="text"
        className="palette-input"
        role="combobox"
        aria-label="Search pages, keys, workspaces, spikes and actions"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found.length > 0 ? `${listId}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(chosen + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(chosen - 1, 0));
          else if (event.key === 'Enter') run(found[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <div id={listId} className="palette-list" role="listbox" aria-label="Found">
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry has no name but its place
            key={index}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            ref={index === chosen ? (row) => row?.scrollIntoView({ block: 'nearest' }) : null}
            onClick={() => run(entry)}
          >
            <span className="break">{entry.label}</span>
            <span className="muted">{entry.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="note">Nothing is called that.</p>}
    </Modal>
  );
}
