'use client';

import { useState } from 'react';
import { callsHref } from '../../lib/shared/calls-href.ts';
import { found } from '../../lib/shared/found.ts';
import { shownText } from '../../lib/shared/screen-text.ts';
import { keyLabel } from '../hooks/key-label.ts';
import { useFoundChoices } from '../hooks/use-choices.ts';
import { useGo } from '../hooks/use-go.tsx';
import { useSavedViews } from '../hooks/use-saved-views.ts';
import { useSpikes } from '../hooks/use-spikes.ts';
import { useToggleTheme } from '../hooks/use-theme.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { toggleZone } from '../hooks/use-zone.ts';
import { Modal } from '../ui/modal.tsx';
import { pages } from '../ui/pages.ts';
import { type ListEntry, MoreNote, SearchList } from '../ui/search-list.tsx';
import { isChoice } from './traffic-filter.tsx';

interface Entry extends ListEntry {
  kind: string;
  run: () => void;
}

const foundMax = 40;

/** Search over pages, what can be filtered by, spikes and actions: type, choose by arrows, Enter. */
export function Palette({
  onClose,
  ...actions
}: {
  onClose: () => void;
  openHelp: () => void;
  openViews: () => void;
}) {
  const [text, setText] = useState('');
  const entries = useEntries(text, actions);
  const all = found(entries, text);
  const shown = all.slice(0, foundMax);
  return (
    <Modal title="Search" onClose={onClose}>
      <SearchList
        label="Search pages, keys, workspaces, principals, spikes and actions"
        text={text}
        found={shown}
        onText={setText}
        onChoose={(entry) => {
          onClose();
          entry.run();
        }}
      />
      <MoreNote count={all.length - shown.length} />
    </Modal>
  );
}

function useEntries(
  text: string,
  { openHelp, openViews }: { openHelp: () => void; openViews: () => void },
): Entry[] {
  const { link, set, window, filter } = useUrlState();
  const go = useGo();
  const toggleTheme = useToggleTheme();
  const choices = useFoundChoices(window, text);
  const spikes = useSpikes(window, filter).data?.spikes ?? [];
  const { views } = useSavedViews();
  const opens = (href: string) => () => go(link(href));
  return [
    ...pages.map(({ label, href }) => ({ kind: 'Page', label, run: opens(href) })),
    { kind: 'Page', label: 'Connect a log or a service', run: opens('/start') },
    { kind: 'Action', label: 'Switch between light and dark', run: toggleTheme },
    { kind: 'Action', label: 'Switch between UTC and local time', run: toggleZone },
    { kind: 'Action', label: 'Save this view, or remove one', run: openViews },
    ...views.map(({ name, href }) => ({
      kind: 'Saved view',
      label: name,
      run: () => go(href),
    })),
    { kind: 'Action', label: 'Show keyboard shortcuts', run: openHelp },
    { kind: 'Action', label: 'Print the report', run: opens('/report') },
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
      run: isChoice('principal', choices)
        ? () => set({ principal: id })
        : opens(callsHref({ show: 'events', principal: id })),
    })),
    ...spikes.map(({ sentence, href }) => ({
      kind: 'Spike',
      label: shownText(sentence),
      run: opens(href),
    })),
  ];
}
