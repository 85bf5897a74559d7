import type { Metadata } from 'next';
import { SchedulerView } from '#views/scheduler/view.tsx';

export const metadata: Metadata = { title: 'Scheduler' };

export default function Page() {
  return <SchedulerView />;
}
