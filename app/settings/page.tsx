import type { Metadata } from 'next';
import { readUrl } from '../../components/hooks/url-params.ts';
import {
  choicesKey,
  explainKey,
  explainQuery,
  serviceKey,
  viewQuery,
} from '../../components/hooks/view-keys.ts';
import { SettingsScreen } from '../../components/service/settings-screen.tsx';
import { FirstView } from '../../components/ui/first-view.tsx';
import { type AskedPage, firstAnswers, pageQuery } from '../../lib/http/first-view.ts';
import { choicesView, explainView, serviceView } from '../../lib/http/views.ts';

export const metadata: Metadata = { title: 'Settings' };

export default async function SettingsPage({ searchParams }: AskedPage) {
  const { window } = readUrl(await pageQuery(searchParams));
  const query = viewQuery(window, {});
  const answers = await firstAnswers([
    [serviceKey, () => serviceView()],
    [choicesKey(window), () => choicesView(query)],
    [
      explainKey(window, {}, 'overview'),
      () => explainView(viewQuery(window, explainQuery({}, 'overview'))),
    ],
  ]);
  return (
    <FirstView answers={answers}>
      <SettingsScreen />
    </FirstView>
  );
}
