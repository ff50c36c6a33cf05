import type { Metadata } from 'next';
import { CallsScreen } from '../../components/table/calls-screen.tsx';

export const metadata: Metadata = { title: 'Calls' };

export default function CallsPage() {
  return <CallsScreen />;
}
