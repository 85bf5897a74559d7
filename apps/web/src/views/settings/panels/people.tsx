'use client';

import type { z } from 'zod';
import { DataTable } from '#charts/data-table.tsx';
import type { UserRow, userList } from '#data/app-answers.ts';
import type { QueryState } from '#data/query-state.ts';
import { Panel } from '#panel/panel.tsx';
import { settingsGuide } from '../guide.ts';

const meanings = {
  viewer: 'sees everything',
  editor: 'also switches rules and sends tests',
  admin: 'also channels, keys, consent and people',
} as const;

/** Who may sign in, and as what. */
export function People({ query }: { query: QueryState<z.infer<typeof userList>> }) {
  const users = query.data?.users ?? [];
  return (
    <Panel
      title="People"
      note="Who may sign in, and as what"
      queries={[query]}
      empty={users.length === 0}
      emptyText="Nobody signs in: the web app listens on loopback, and whoever sits at this machine may do everything. BINNACLE_HOST opens it to others, with a login."
      metrics={[]}
      guide={settingsGuide}
      minHeight={90}
    >
      <DataTable<UserRow>
        label="People"
        rows={users}
        rowKey={(user) => user.id}
        columns={[
          { key: 'email', title: 'E-mail', value: (u) => u.email },
          { key: 'role', title: 'Role', value: (u) => u.role },
          { key: 'may', title: 'May', wide: true, wrap: true, value: (u) => meanings[u.role] },
          {
            key: 'since',
            title: 'Since',
            align: 'right',
            value: (u) => Date.parse(u.createdAt),
            cell: (u) => new Date(u.createdAt).toLocaleDateString('en-GB', { dateStyle: 'medium' }),
          },
        ]}
      />
    </Panel>
  );
}
