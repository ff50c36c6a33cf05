import type { Metadata } from 'next';
import { keyKey } from '../../../components/hooks/view-keys.ts';
import { KeyScreen } from '../../../components/keys/key-screen.tsx';
import { FirstView } from '../../../components/ui/first-view.tsx';
import { firstAnswers } from '../../../lib/http/first-view.ts';
import { decodedPart } from '../../../lib/http/plain-query.ts';
import { keyView } from '../../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Key' };

export default async function KeyPage({ params }: { params: Promise<{ id: string }> }) {
  const id = decodedPart((await params).id);
  return (
    <FirstView answers={await firstAnswers([[keyKey(id), () => keyView(id)]])}>
      <KeyScreen id={id} />
    </FirstView>
  );
}
