'use client';

import { useCallback } from 'react';
import { themeKey } from '../ui/theme-script.ts';

/** Turns the theme over and remembers it; until then the system's choice holds. */
export function useToggleTheme(): () => void {
  return useCallback(() => {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = isDark ? 'light' : 'dark';
    try {
      localStorage.setItem(themeKey, root.dataset.theme);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }, []);
}
