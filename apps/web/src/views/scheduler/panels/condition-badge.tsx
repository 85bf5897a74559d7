import { CircleMinus, type LucideIcon } from 'lucide-react';
import { type Status, StatusBadge } from '#components/ui/status.tsx';
import type { QueueCondition } from '../prepare.ts';

const looks: Record<QueueCondition, { status: Status; word: string; icon?: LucideIcon }> = {
  starved: { status: 'bad', word: 'starved' },
  borrowing: { status: 'attention', word: 'borrowing' },
  waiting: { status: 'attention', word: 'at its share' },
  idle: { status: 'unknown', word: 'idle', icon: CircleMinus },
  satisfied: { status: 'ok', word: 'satisfied' },
  unknown: { status: 'unknown', word: 'unknown' },
};

export function ConditionBadge({ condition }: { condition: QueueCondition }) {
  const { status, word, icon } = looks[condition];
  return (
    <StatusBadge status={status} {...(icon === undefined ? {} : { icon })}>
      {word}
    </StatusBadge>
  );
}
