/** Every shortcut there is: the handler and the help both read this list. */
import { pages } from '../ui/pages.ts';

export type ShortcutAction =
  | { kind: 'go'; href: string }
  | { kind: 'theme' }
  | { kind: 'zone' }
  | { kind: 'filter' }
  | { kind: 'help' }
  | { kind: 'palette' }
  | { kind: 'views' }
  | { kind: 'clear' }
  | { kind: 'native' };

export interface Shortcut {
  /** One key, or two pressed one after the other. */
  keys: readonly string[];
  label: string;
  action: ShortcutAction;
}

export const shortcuts: readonly Shortcut[] = [
  ...pages.map(({ key, label, href }): Shortcut => {
    return { keys: ['g', key], label: `Go to ${label}`, action: { kind: 'go', href } };
  }),
  {
    keys: ['Ctrl K'],
    label: 'Search pages, keys, workspaces, spikes and actions',
    action: { kind: 'palette' },
  },
  { keys: ['v'], label: 'Save this view, or open a saved one', action: { kind: 'views' } },
  { keys: ['/'], label: 'Jump to the filters or the window', action: { kind: 'filter' } },
  { keys: ['t'], label: 'Switch between light and dark', action: { kind: 'theme' } },
  { keys: ['u'], label: 'Switch between UTC and local time', action: { kind: 'zone' } },
  { keys: ['?'], label: 'Show these shortcuts', action: { kind: 'help' } },
  {
    keys: ['← →'],
    label: 'Move along the pages, the tools, the window or the filters; Tab goes on',
    action: { kind: 'native' },
  },
  {
    keys: ['Shift ←'],
    label: 'Select on a chart that has the focus; Enter zooms in',
    action: { kind: 'native' },
  },
  {
    keys: ['Esc'],
    label: 'Close a panel, clear a selection, give back the window before it',
    action: { kind: 'clear' },
  },
];

/** What to do after the key, given the one before it; `wait` where it may begin a pair. */
export function matchShortcut(before: string | null, key: string): Shortcut | 'wait' | null {
  const pair = shortcuts.find(({ keys: [a, b] }) => b !== undefined && a === before && b === key);
  const single = shortcuts.find(({ keys }) => keys.length === 1 && keys[0] === key);
  const begins = shortcuts.some(({ keys }) => keys.length === 2 && keys[0] === key);
  return pair ?? single ?? (begins ? 'wait' : null);
}
