import { sized } from './sized.ts';

const wide = { width: 1920, height: 1080 };
const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

/** Contrast is a theme's, width a screen's: in CI each once, in full each theme at each width. */
export const accessibleViews = sized({
  ci: [
    { viewport: desktop, colorScheme: 'light' as const },
    { viewport: phone, colorScheme: 'dark' as const },
  ],
  long: [desktop, phone, wide].flatMap((viewport) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ viewport, colorScheme })),
  ),
});
