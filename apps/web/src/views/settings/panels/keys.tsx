'use client';

import { Check, Copy, Plus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { z } from 'zod';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent, DialogTrigger } from '#components/ui/dialog.tsx';
import { Input, Label } from '#components/ui/input.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { createdKey, done, type KeyRow, type keyList } from '#data/app-answers.ts';
import { askApp, useWrite } from '#data/app-api.ts';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { settingsGuide } from '../guide.ts';
import { keysInOrder } from '../prepare.ts';
import { Fault } from './fault.tsx';

const meanings = {
  write: 'send telemetry',
  read: 'query',
  alerts: 'silence alerts',
  maintain: 'delete and back up',
} as const;

/** Keys of machines to the gateway. */
export function Keys({ query }: { query: QueryState<z.infer<typeof keyList>> }) {
  const { nowMs } = useClock();
  const [adding, setAdding] = useState(false);
  const { write, busy, error } = useWrite([['app', 'keys']]);
  const keys = keysInOrder(query.data?.keys ?? []);
  const revoke = (key: KeyRow) =>
    void write(key.id, () => askApp(`/api/settings/keys/${encodeURIComponent(key.id)}`, done, { method: 'DELETE' }));
  return (
    <Panel
      title="API keys"
      note="For agents, senders and Grafana; on loopback the gateway asks for none"
      queries={[query]}
      empty={keys.length === 0}
      emptyText="No key yet."
      metrics={[]}
      guide={settingsGuide}
      minHeight={90}
      actions={
        query.data === undefined ? undefined : (
          <Dialog open={adding} onOpenChange={setAdding}>
            <DialogTrigger asChild>
              <Button size="small" variant="primary">
                <Plus aria-hidden /> Make a key
              </Button>
            </DialogTrigger>
            <DialogContent title="Make a key" description="It is shown once. Only a hash of it is kept.">
              <KeyForm onDone={() => setAdding(false)} />
            </DialogContent>
          </Dialog>
        )
      }
    >
      <Fault text={error} />
      <ul className="grid text-[13px]">
        {keys.map((key) => (
          <li
            key={key.id}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-2 last:border-b-0"
          >
            <div className="min-w-0 flex-1 basis-40">
              <span className={key.revokedAt === null ? 'font-medium' : 'text-ink-faint line-through'}>{key.name}</span>{' '}
              <code className="font-mono text-xs text-ink-faint">{key.prefix}…</code>
              <span className="block text-xs text-ink-faint">
                {key.scopes.map((scope) => meanings[scope]).join(', ')} ·{' '}
                {key.lastUsedAt === null ? 'never used' : `used ${age(nowMs - Date.parse(key.lastUsedAt))} ago`}
              </span>
            </div>
            {key.revokedAt === null ? (
              <Button size="small" disabled={busy !== null} onClick={() => revoke(key)}>
                {busy === key.id ? '…' : 'Revoke'}
              </Button>
            ) : (
              <StatusBadge status="unknown">revoked</StatusBadge>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function KeyForm({ onDone }: { onDone: () => void }) {
  const [made, setMade] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  const { write, busy, error } = useWrite([['app', 'keys']]);
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const created = await write('save', () =>
      askApp('/api/settings/keys', createdKey, {
        method: 'POST',
        body: { name: form.get('name'), scopes: form.getAll('scope') },
      }),
    );
    if (created !== undefined) setMade(created.key);
  };
  if (made !== null) {
    return (
      <div className="grid gap-3 p-4">
        <p className="text-[13px] text-ink-soft">Copy it now: it is not shown again.</p>
        <div className="flex gap-1.5">
          <code
            data-key
            className="min-w-0 flex-1 rounded-md bg-sunken px-2.5 py-1.5 font-mono text-xs leading-5 [overflow-wrap:anywhere]"
          >
            {made}
          </code>
          <Button
            size="icon"
            aria-label="Copy the key"
            onClick={() => void navigator.clipboard.writeText(made).then(() => setCopied(true))}
          >
            {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          </Button>
        </div>
        <code className="font-mono text-2xs text-ink-faint">Authorization: Bearer &lt;key&gt;</code>
        <Button className="justify-self-end" variant="primary" onClick={onDone}>
          I have it
        </Button>
      </div>
    );
  }
  return (
    <form className="grid gap-3 p-4" onSubmit={(event) => void save(event)} autoComplete="off">
      <Label>
        Name
        <Input name="name" required maxLength={120} placeholder="prometheus in cluster west" />
      </Label>
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 text-xs font-medium text-ink-soft">It may</legend>
        <label className="flex items-center gap-2 text-[13px]">
          <input type="checkbox" name="scope" value="write" defaultChecked className="size-4 accent-accent" /> send
          telemetry (write)
        </label>
        <label className="flex items-center gap-2 text-[13px]">
          <input type="checkbox" name="scope" value="read" className="size-4 accent-accent" /> query (read)
        </label>
        <label className="flex items-center gap-2 text-[13px]">
          <input type="checkbox" name="scope" value="alerts" className="size-4 accent-accent" /> silence alerts, as
          amtool does (alerts)
        </label>
        <label className="flex items-center gap-2 text-[13px]">
          <input type="checkbox" name="scope" value="maintain" className="size-4 accent-accent" /> delete series and
          make backups (maintain)
        </label>
      </fieldset>
      <Fault text={error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={busy !== null}>
          {busy === null ? 'Make' : 'Making…'}
        </Button>
      </div>
    </form>
  );
}
