import type { Metadata } from 'next';
import { ReportScreen } from '../../components/report/report-screen.tsx';
import { explainPage } from '../explain-page.tsx';

export const metadata: Metadata = { title: 'Report' };

export default explainPage(<ReportScreen />);
