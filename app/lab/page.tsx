import type { Metadata } from 'next';
import { labKey, labsKey } from '../../components/hooks/view-keys.ts';
import { LabScreen } from '../../components/lab/lab-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { labsView, labView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Lab' };

export default async function LabPage({ searchParams }: AskedPage) {
  const id = (await pageQuery(searchParams)).get('lab');
  const answers = await firstAnswers([
    [labsKey, () => labsView()],
    ...(id === null ? [] : [[labKey(id), () => labView(id)] as const]),
  ]);
  return (
    <FirstView answers={answers}>
      <LabScreen />
    </FirstView>
  );
}
