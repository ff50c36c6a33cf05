import type { Metadata } from 'next';
import { keysKey } from '../../components/hooks/view-keys.ts';
import { KeysScreen } from '../../components/keys/keys-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { firstAnswers } from '../../lib/http/first-view.ts';
import { keysView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Keys' };

export default async function KeysPage() {
  return (
    <FirstView answers={await firstAnswers([[keysKey, () => keysView()]])}>
      <KeysScreen />
    </FirstView>
  );
}
