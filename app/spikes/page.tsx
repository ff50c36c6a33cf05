import type { Metadata } from 'next';
import { SpikesScreen } from '../../components/spikes/spikes-screen.tsx';

export const metadata: Metadata = { title: 'Spikes' };

export default function SpikesPage() {
  return <SpikesScreen />;
}
