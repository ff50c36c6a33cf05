import type { Metadata } from 'next';
import { OverviewScreen } from '../components/explain/overview-screen.tsx';
import { explainPage } from './explain-page.tsx';

export const metadata: Metadata = { title: 'Overview' };

export default explainPage(<OverviewScreen />);
