import type { Metadata } from 'next';
import { AlertsView } from '#views/alerts/view.tsx';

export const metadata: Metadata = { title: 'Alerts' };

export default function Page() {
  return <AlertsView />;
}
