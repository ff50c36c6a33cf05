import type { Metadata } from 'next';
import { PatternScreen } from '../../components/pattern/pattern-screen.tsx';

export const metadata: Metadata = { title: 'Pattern' };

export default function PatternPage() {
  return <PatternScreen />;
}
