import type { Metadata } from 'next';
import { readUrl } from '../../components/hooks/url-params.ts';
import { callsKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { CallsScreen } from '../../components/table/calls-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { callsView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Calls' };

export default async function CallsPage({ searchParams }: AskedPage) {
  const query = await pageQuery(searchParams);
  const { window, callFilters: filters } = readUrl(query);
  const first = async () => ({
    pages: [JSON.parse(await callsView(viewQuery(window, filters)))],
    pageParams: [null],
  });
  return (
    <FirstView answers={await firstAnswers([[callsKey(window, filters), first]])}>
      <CallsScreen />
    </FirstView>
  );
}
