/** The pages, once for the navigation, the shortcuts and the palette. */
export interface PageEntry {
  href: string;
  label: string;
  /** The key after `g` that leads there. */
  key: string;
  /** Whether it shows, it and the pages below it, what is stored. */
  ofStore?: true;
}

export const pages: readonly PageEntry[] = [
  { href: '/', label: 'Overview', key: 'o', ofStore: true },
  { href: '/spikes', label: 'Spikes', key: 's', ofStore: true },
  { href: '/pattern', label: 'Pattern', key: 'p', ofStore: true },
  { href: '/calls', label: 'Calls', key: 'c', ofStore: true },
  { href: '/strangers', label: 'Strangers', key: 'w', ofStore: true },
  { href: '/keys', label: 'Keys', key: 'k', ofStore: true },
  { href: '/cache', label: 'Cache', key: 'h', ofStore: true },
  { href: '/lab', label: 'Lab', key: 'l' },
  { href: '/details', label: 'Details', key: 'd', ofStore: true },
  { href: '/report', label: 'Report', key: 'r', ofStore: true },
  { href: '/connections', label: 'Connections', key: 'n' },
  { href: '/settings', label: 'Settings', key: 't' },
  { href: '/docs', label: 'Docs', key: 'm' },
];

/** Whether a page has nothing to show as long as nothing is stored. */
export const isOfStore = (pathname: string): boolean =>
  pages.some(
    ({ href, ofStore }) => ofStore && (pathname === href || pathname.startsWith(`${href}/`)),
  );
