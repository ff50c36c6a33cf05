'use client';

import dynamic from 'next/dynamic';
import { usePathname, useSearchParams } from 'next/navigation';
import { useEffect, useState } from 'react';
import { CausePatterns } from '../charts/cause-patterns.tsx';
import { useShortcuts } from '../controls/use-shortcuts.ts';
import { useLeaving } from '../hooks/use-go.tsx';
import { useOneStop } from '../hooks/use-one-stop.ts';
import { overdueWords, useOverdue } from '../hooks/use-overdue.ts';
import { useToggleTheme } from '../hooks/use-theme.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { toggleZone, useZone } from '../hooks/use-zone.ts';
import { OrFirstRun } from '../start/or-first-run.tsx';
import { Notice } from '../states/notice.tsx';
import { IconButton } from './icon-button.tsx';
import { HelpIcon, KeyIcon, SearchIcon, ThemeIcon } from './icons.tsx';
import { pages } from './pages.ts';
import { SandboxBanner } from './sandbox-banner.tsx';
import { WayLink } from './way-link.tsx';
import './panel.css';
import './shell.css';
import '../states/state-box.css';

const Palette = dynamic(async () => (await import('../controls/palette.tsx')).Palette);

const SavedViewsDialog = dynamic(
  async () => (await import('../controls/saved-views.tsx')).SavedViewsDialog,
);

const Tour = dynamic(async () => (await import('../tour/tour.tsx')).Tour);

const ShortcutsHelp = dynamic(
  async () => (await import('../controls/shortcuts-help.tsx')).ShortcutsHelp,
);

/** `page` on the page itself, `true` on one below it. */
function currentness(href: string, pathname: string): 'page' | true | undefined {
  if (pathname === href) return 'page';
  return href !== '/' && pathname.startsWith(`${href}/`) ? true : undefined;
}

/** On a phone the list is longer than the screen: the page one is on is scrolled into it. */
function PageNav() {
  const pathname = usePathname();
  const query = useSearchParams();
  const { link } = useUrlState();
  const row = useOneStop<HTMLElement>();
  const list = row.ref;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another current entry
  useEffect(() => {
    const current = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (!list.current || !current) return;
    const { offsetLeft, offsetWidth } = list.current;
    list.current.scrollLeft =
      current.offsetLeft - offsetLeft - (offsetWidth - current.offsetWidth) / 2;
  }, [pathname, query]);
  return (
    <nav {...row} className="nav" aria-label="Pages">
      {pages.map(({ href, label }) => (
        <WayLink key={href} href={link(href)} aria-current={currentness(href, pathname)}>
          {label}
        </WayLink>
      ))}
    </nav>
  );
}

/** Header, banner and shortcuts around every page. */
export function AppShell({ children }: { children: React.ReactNode }) {
  const { link, faults, values } = useUrlState();
  const toggleTheme = useToggleTheme();
  const [helpOpen, setHelpOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [viewsOpen, setViewsOpen] = useState(false);
  const openHelp = () => setHelpOpen(true);
  const openPalette = () => setPaletteOpen(true);
  const openViews = () => setViewsOpen(true);
  const zone = useZone();
  const leaving = useLeaving();
  const { overdue } = useOverdue(leaving !== null);
  const tools = useOneStop<HTMLDivElement>();
  useShortcuts({ toggleTheme, toggleZone, openHelp, openPalette, openViews });
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="header">
        <WayLink className="brand" href={link('/')}>
          <KeyIcon />
          <span className="brand-name">Keytide</span>
        </WayLink>
        <PageNav />
        <div {...tools} className="header-tools" role="toolbar" aria-label="Tools">
          <IconButton label="Search" shortcut="Ctrl K" onClick={openPalette}>
            <SearchIcon />
          </IconButton>
          <IconButton
            label="Keyboard shortcuts"
            shortcut="?"
            className="keys-only"
            onClick={openHelp}
          >
            <HelpIcon />
          </IconButton>
          <IconButton
            label="Switch between UTC and local time"
            shortcut="u"
            className="zone-button"
            onClick={toggleZone}
          >
            {zone === 'utc' ? 'UTC' : 'Local'}
          </IconButton>
          <IconButton label="Switch between light and dark" shortcut="t" onClick={toggleTheme}>
            <ThemeIcon />
          </IconButton>
        </div>
      </header>
      <SandboxBanner />
      {/* Every time on the screen is drawn anew in the other zone. */}
      <main
        key={zone}
        id="main"
        className={leaving === null ? 'main' : 'main refreshing is-other'}
        tabIndex={-1}
      >
        {leaving !== null && overdue && (
          <Notice
            text={`${overdueWords}: the page is still on its way.`}
            onRetry={() => location.assign(leaving)}
          />
        )}
        {faults.map((fault) => (
          <p key={fault} className="stale-notice is-warning" role="status">
            {fault}
          </p>
        ))}
        <OrFirstRun>{children}</OrFirstRun>
      </main>
      {values.tour !== null && <Tour step={values.tour} />}
      <CausePatterns />
      {paletteOpen && (
        <Palette onClose={() => setPaletteOpen(false)} openHelp={openHelp} openViews={openViews} />
      )}
      {viewsOpen && <SavedViewsDialog onClose={() => setViewsOpen(false)} />}
      {helpOpen && <ShortcutsHelp onClose={() => setHelpOpen(false)} />}
    </>
  );
}
