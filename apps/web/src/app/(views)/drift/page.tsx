import type { Metadata } from 'next';
import { DriftView } from '#views/drift/view.tsx';

export const metadata: Metadata = { title: 'Drift' };

export default function Page() {
  return <DriftView />;
}
