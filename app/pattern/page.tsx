import type { Metadata } from 'next';
import { parseFilterParams } from '../../components/hooks/filter-param.ts';
import { choicesKey, patternKey, viewQuery } from '../../components/hooks/view-keys.ts';
import { PatternScreen } from '../../components/pattern/pattern-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { choicesView, patternView } from '../../lib/http/views.ts';
import { parseWindowParam } from '../../lib/shared/window-param.ts';

export const metadata: Metadata = { title: 'Pattern' };

export default async function PatternPage({ searchParams }: AskedPage) {
  const query = await pageQuery(searchParams);
  const [window, filter] = [parseWindowParam(query), parseFilterParams(query)];
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
