import { GpusView } from '#views/gpus/view.tsx';

export default function Page() {
  return <GpusView />;
}
