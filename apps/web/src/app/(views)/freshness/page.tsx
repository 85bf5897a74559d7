import type { Metadata } from 'next';
import { FreshnessView } from '#views/freshness/view.tsx';

export const metadata: Metadata = { title: 'Freshness' };

export default function Page() {
  return <FreshnessView />;
}
