import type { Metadata } from 'next';
import { StartScreen } from '../../components/start/start-screen.tsx';

export const metadata: Metadata = { title: 'Connect' };

export default function StartPage() {
  return <StartScreen />;
}
