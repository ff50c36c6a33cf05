import type { Metadata } from 'next';
import { StrangersScreen } from '../../components/explain/strangers-screen.tsx';
import { explainPage } from '../explain-page.tsx';

export const metadata: Metadata = { title: 'Strangers' };

export default explainPage(<StrangersScreen />);
