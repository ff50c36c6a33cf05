import type { Metadata } from 'next';
import { CacheScreen } from '../../components/explain/cache-screen.tsx';
import { explainPage } from '../explain-page.tsx';

export const metadata: Metadata = { title: 'Cache' };

export default explainPage(<CacheScreen />);
