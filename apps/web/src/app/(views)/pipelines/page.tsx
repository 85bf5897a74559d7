import type { Metadata } from 'next';
import { PipelinesView } from '#views/pipelines/view.tsx';

export const metadata: Metadata = { title: 'Pipelines' };

export default function Page() {
  return <PipelinesView />;
}
