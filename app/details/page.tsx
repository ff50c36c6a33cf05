import type { Metadata } from 'next';
import { DetailsScreen } from '../../components/explain/details-screen.tsx';
import { explainPage } from '../explain-page.tsx';

export const metadata: Metadata = { title: 'Details' };

export default explainPage(<DetailsScreen />, 'all');
