import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import { sandboxKey, storeKey } from '../components/hooks/view-keys.ts';
import { AppShell } from '../components/ui/app-shell.tsx';
import { FirstView } from '../components/ui/first-view.tsx';
import { Providers } from '../components/ui/providers.tsx';
import { themeScript } from '../components/ui/theme-script.ts';
import { firstAnswers } from '../lib/http/first-view.ts';
import { sandboxView, storeView } from '../lib/http/views.ts';
import './globals.css';

export async function generateMetadata(): Promise<Metadata> {
  const host = (await headers()).get('host');
  return {
    title: { default: 'Keytide', template: '%s · Keytide' },
    description: 'Why your KMS is called, request by request.',
    // Where this server was asked; the picture of a link lies there, too.
    metadataBase: URL.parse(`http://${host}`),
  };
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#12191f' },
  ],
};

/** Asking for the headers makes every page one of its request: none is cached, each bears its own nonce. */
export default async function RootLayout({ children }: { children: React.ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  const answers = await firstAnswers([
    [sandboxKey, sandboxView],
    [storeKey, storeView],
  ]);
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant, run before first paint */}
        <script nonce={nonce} dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body>
        <Providers>
          <FirstView answers={answers}>
            <AppShell>{children}</AppShell>
          </FirstView>
        </Providers>
      </body>
    </html>
  );
}
