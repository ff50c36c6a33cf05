import { readUrl } from '../components/hooks/url-params.ts';
import {
  type ExplainPanel,
  explainKey,
  explainQuery,
  viewQuery,
} from '../components/hooks/view-keys.ts';
import { FirstView } from '../components/ui/first-view.tsx';
import {
  type AskedPage,
  type FirstQuestion,
  firstAnswers,
  pageQuery,
} from '../lib/http/first-view.ts';
import { explainView } from '../lib/http/views.ts';

/** A page whose first view is the explanation of its window, and what else is asked for it. */
export const explainPage = (
  screen: React.ReactNode,
  panel: ExplainPanel = 'overview',
  others: readonly FirstQuestion[] = [],
) =>
  async function ExplainPage({ searchParams }: AskedPage) {
    const query = await pageQuery(searchParams);
    const { window, filter } = readUrl(query);
    const answers = await firstAnswers([
      [
        explainKey(window, filter, panel),
        () => explainView(viewQuery(window, explainQuery(filter, panel))),
      ],
      ...others,
    ]);
    return <FirstView answers={answers}>{screen}</FirstView>;
  };
