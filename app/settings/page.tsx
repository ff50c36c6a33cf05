import type { Metadata } from 'next';
import { serviceKey } from '../../components/hooks/view-keys.ts';
import { SettingsScreen } from '../../components/service/settings-screen.tsx';
import { serviceView } from '../../lib/http/views.ts';
import { explainPage } from '../explain-page.tsx';

export const metadata: Metadata = { title: 'Settings' };

export default explainPage(<SettingsScreen />, 'overview', [[serviceKey, () => serviceView()]]);
