import type { Metadata } from 'next';
import { readUrl } from '../../components/hooks/url-params.ts';
import { choicesKey, spikesKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { SpikesScreen } from '../../components/spikes/spikes-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { choicesView, spikesView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Spikes' };

export default async function SpikesPage({ searchParams }: AskedPage) {
  const query = await pageQuery(searchParams);
  const { window, filter } = readUrl(query);
  const answers = await firstAnswers([
    [spikesKey(window, filter), () => spikesView(viewQuery(window, filter))],
    [choicesKey(window), () => choicesView(viewQuery(window, {}))],
  ]);
  return (
    <FirstView answers={answers}>
      <SpikesScreen />
    </FirstView>
  );
}
