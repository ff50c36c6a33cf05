'use client';

import { useEffect, useRef } from 'react';
import { isSelecting, pointTo, selectFrom } from '../charts/cursor.ts';
import { useGo } from '../hooks/use-go.tsx';
import { useGiveBackWindow } from '../hooks/use-selected-window.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { matchShortcut, type ShortcutAction } from './shortcuts.ts';

const pairMsMax = 1_200;

const takesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=range]), textarea, select'));

/** What Esc ends, one at a time: a selection under way, the heatmap's, the window that was selected on a chart. */
function useClear(): () => void {
  const { values, set } = useUrlState();
  const giveBackWindow = useGiveBackWindow();
  return () => {
    if (isSelecting()) return selectFrom(null);
    if (values.brush !== null) return set({ brush: null });
    pointTo(null);
    giveBackWindow();
  };
}

/** Listens for the shortcuts; silent while one types or a dialog is open. */
export function useShortcuts(does: {
  toggleTheme: () => void;
  toggleZone: () => void;
  openHelp: () => void;
  openPalette: () => void;
  openViews: () => void;
}): void {
  const go = useGo();
  const { link } = useUrlState();
  const clear = useClear();
  const latest = useRef({ ...does, go, link, clear });
  useEffect(() => {
    latest.current = { ...does, go, link, clear };
  });
  useEffect(() => {
    let before: { key: string; at: number } | null = null;
    const act = (action: ShortcutAction) => {
      const now = latest.current;
      if (action.kind === 'go') now.go(now.link(action.href));
      if (action.kind === 'theme') now.toggleTheme();
      if (action.kind === 'zone') now.toggleZone();
      if (action.kind === 'help') now.openHelp();
      if (action.kind === 'palette') now.openPalette();
      if (action.kind === 'views') now.openViews();
      if (action.kind === 'clear') now.clear();
      if (action.kind === 'filter') {
        document.querySelector<HTMLElement>('[data-shortcut="filter"]')?.focus();
      }
    };
    const onKey = (event: KeyboardEvent) => {
      // What has the focus may have used the key for itself: a panel that Esc closed, a point that it let go.
      if (event.defaultPrevented || document.querySelector('.modal, .popover')) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return act({ kind: 'palette' });
      }
      if (event.ctrlKey || event.metaKey || event.altKey || takesText(event.target)) return;
      const fresh = before && event.timeStamp - before.at < pairMsMax ? before.key : null;
      const found = matchShortcut(fresh, event.key === 'Escape' ? 'Esc' : event.key);
      before = found === 'wait' ? { key: event.key, at: event.timeStamp } : null;
      if (found === null || found === 'wait' || found.action.kind === 'native') return;
      event.preventDefault();
      act(found.action);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
