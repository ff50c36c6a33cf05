import type { Metadata } from 'next';
import { ConnectionsScreen } from '../../components/connections/connections-screen.tsx';
import { connectionsKey } from '../../components/hooks/view-keys.ts';
import { FirstView } from '../../components/ui/first-view.tsx';
import { firstAnswers } from '../../lib/http/first-view.ts';
import { connectionsView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Connections' };

export default async function ConnectionsPage() {
  return (
    <FirstView answers={await firstAnswers([[connectionsKey, connectionsView]])}>
      <ConnectionsScreen />
    </FirstView>
  );
}
