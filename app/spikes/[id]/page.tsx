import type { Metadata } from 'next';
import { readUrl } from '../../../components/hooks/url-params.ts';
import { spikeKey } from '../../../components/hooks/view-keys.ts';
import { SpikeScreen } from '../../../components/spikes/spike-screen.tsx';
import { FirstView } from '../../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../../lib/http/first-view.ts';
import { spikeView } from '../../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Spike' };

export default async function SpikePage({
  params,
  searchParams,
}: AskedPage & { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const query = await pageQuery(searchParams);
  const key = spikeKey(id, readUrl(query).filter);
  return (
    <FirstView answers={await firstAnswers([[key, () => spikeView(id, query)]])}>
      <SpikeScreen id={id} />
    </FirstView>
  );
}
