import type { Metadata } from 'next';
import { ServiceScreen } from '../../components/service/service-screen.tsx';

export const metadata: Metadata = { title: 'Your service' };

export default function ServicePage() {
  return <ServiceScreen />;
}
