import type { Metadata } from 'next';
import { ServingView } from '#views/serving/view.tsx';

export const metadata: Metadata = { title: 'Serving' };

export default function Page() {
  return <ServingView />;
}
