/** The pages, once for the navigation, the shortcuts and the palette. */
export interface PageEntry {
  href: string;
  label: string;
  /** The key after `g` that leads there. */
  key: string;
}

export const pages: readonly PageEntry[] = [
  { href: '/', label: 'Overview', key: 'o' },
  { href: '/spikes', label: 'Spikes', key: 's' },
  { href: '/pattern', label: 'Pattern', key: 'p' },
  { href: '/calls', label: 'Calls', key: 'c' },
  { href: '/strangers', label: 'Strangers', key: 'w' },
  { href: '/keys', label: 'Keys', key: 'k' },
  { href: '/cache', label: 'Cache', key: 'h' },
  { href: '/lab', label: 'Lab', key: 'l' },
  { href: '/details', label: 'Details', key: 'd' },
  { href: '/report', label: 'Report', key: 'r' },
  { href: '/connections', label: 'Connections', key: 'n' },
  { href: '/settings', label: 'Settings', key: 't' },
  { href: '/docs', label: 'Docs', key: 'm' },
];
