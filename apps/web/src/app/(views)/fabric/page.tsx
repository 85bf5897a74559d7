import type { Metadata } from 'next';
import { FabricView } from '#views/fabric/view.tsx';

export const metadata: Metadata = { title: 'Fabric' };

export default function Page() {
  return <FabricView />;
}
