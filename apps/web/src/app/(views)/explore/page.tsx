import type { Metadata } from 'next';
import { ExploreView } from '#views/explore/view.tsx';

export const metadata: Metadata = { title: 'Explore' };

export default function Page() {
  return <ExploreView />;
}
