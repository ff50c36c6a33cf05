import type { Metadata } from 'next';
import { readUrl } from '../../components/hooks/url-params.ts';
import { choicesKey, patternKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { PatternScreen } from '../../components/pattern/pattern-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { choicesView, patternView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Pattern' };

export default async function PatternPage({ searchParams }: AskedPage) {
  const query = await pageQuery(searchParams);
  const { window, filter } = readUrl(query);
  const answers = await firstAnswers([
    [patternKey(window, filter), () => patternView(viewQuery(window, filter))],
    [choicesKey(window), () => choicesView(viewQuery(window, {}))],
  ]);
  return (
    <FirstView answers={answers}>
      <PatternScreen />
    </FirstView>
  );
}
