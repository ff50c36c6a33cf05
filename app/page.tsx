import type { Metadata } from 'next';
import { ExplainScreen } from '../components/explain/explain-screen.tsx';

export const metadata: Metadata = { title: 'Explain' };

export default function ExplainPage() {
  return <ExplainScreen />;
}
