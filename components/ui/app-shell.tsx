'use client';

import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useState } from 'react';
import { CausePatterns } from '../charts/cause-patterns.tsx';
import { useShortcuts } from '../controls/use-shortcuts.ts';
import { useToggleTheme } from '../hooks/use-theme.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { parseTourStep } from '../tour/steps.ts';
import { HelpIcon, KeyIcon, SearchIcon, ThemeIcon } from './icons.tsx';
import { pages } from './pages.ts';
import { SandboxBanner } from './sandbox-banner.tsx';
import './panel.css';
import './shell.css';

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

/** Header, banner and shortcuts around every page. */
export function AppShell({ children }: { children: React.ReactNode }) {
  const pathname = usePathname();
  const { link, get } = useUrlState();
  const tourStep = parseTourStep(get('tour'));
  const toggleTheme = useToggleTheme();
  const [helpOpen, setHelpOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [viewsOpen, setViewsOpen] = useState(false);
  const openHelp = () => setHelpOpen(true);
  const openPalette = () => setPaletteOpen(true);
  const openViews = () => setViewsOpen(true);
  useShortcuts({ toggleTheme, openHelp, openPalette, openViews });
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="header">
        <Link className="brand" href={link('/')}>
          <KeyIcon />
          <span className="brand-name">Keytide</span>
        </Link>
        <nav className="nav" aria-label="Pages">
          {pages.map(({ href, label }) => (
            <Link key={href} href={link(href)} aria-current={currentness(href, pathname)}>
              {label}
            </Link>
          ))}
        </nav>
        <div className="header-tools">
          <button
            type="button"
            className="icon-button"
            aria-label="Search"
            title="Search (Ctrl K)"
            onClick={openPalette}
          >
            <SearchIcon />
          </button>
          <button
            type="button"
            className="icon-button keys-only"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={openHelp}
          >
            <HelpIcon />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label="Switch between light and dark"
            title="Switch between light and dark (t)"
            onClick={toggleTheme}
          >
            <ThemeIcon />
          </button>
        </div>
      </header>
      <SandboxBanner />
      <main id="main" className="main" tabIndex={-1}>
        {children}
      </main>
      {tourStep !== null && <Tour step={tourStep} />}
      <CausePatterns />
      {paletteOpen && (
        <Palette onClose={() => setPaletteOpen(false)} openHelp={openHelp} openViews={openViews} />
      )}
      {viewsOpen && <SavedViewsDialog onClose={() => setViewsOpen(false)} />}
      {helpOpen && <ShortcutsHelp onClose={() => setHelpOpen(false)} />}
    </>
  );
}
