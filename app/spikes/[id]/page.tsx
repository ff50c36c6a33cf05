import type { Metadata } from 'next';
import { SpikeScreen } from '../../../components/spikes/spike-screen.tsx';

export const metadata: Metadata = { title: 'Spike' };

export default async function SpikePage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <SpikeScreen id={id} />;
}
