import { parseFilterParams } from '../components/hooks/filter-param.ts';
import { explainKey, viewQuery } from '../components/hooks/view-keys.ts';
import { FirstView } from '../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../lib/http/first-view.ts';
import { explainView } from '../lib/http/views.ts';
import { parseWindowParam } from '../lib/shared/window-param.ts';

/** A page whose first view is the explanation of its window. */
export const explainPage = (screen: React.ReactNode) =>
  async function ExplainPage({ searchParams }: AskedPage) {
    const query = await pageQuery(searchParams);
    const [window, filter] = [parseWindowParam(query), parseFilterParams(query)];
    const answers = await firstAnswers([
      [explainKey(window, filter), () => explainView(viewQuery(window, filter))],
    ]);
    return <FirstView answers={answers}>{screen}</FirstView>;
  };
