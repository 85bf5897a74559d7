import type { Metadata } from 'next';
import { GpusView } from '#views/gpus/view.tsx';

export const metadata: Metadata = { title: 'GPUs' };

export default function Page() {
  return <GpusView />;
}
