import { type Status, StatusBadge } from '#components/ui/status.tsx';
import type { QueueCondition } from '../prepare.ts';

const looks: Record<QueueCondition, { status: Status; word: string }> = {
  starved: { status: 'bad', word: 'starved' },
  borrowing: { status: 'attention', word: 'borrowing' },
  waiting: { status: 'attention', word: 'at its share' },
  idle: { status: 'unknown', word: 'idle' },
  satisfied: { status: 'ok', word: 'satisfied' },
  unknown: { status: 'unknown', word: 'unknown' },
};

export function ConditionBadge({ condition }: { condition: QueueCondition }) {
  return <StatusBadge status={looks[condition].status}>{looks[condition].word}</StatusBadge>;
}
