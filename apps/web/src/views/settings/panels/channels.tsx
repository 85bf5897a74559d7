'use client';

import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent, DialogTrigger } from '#components/ui/dialog.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { type ChannelList, type ChannelRow, type ChannelTest, channelTest, done } from '#data/app-answers.ts';
import { askApp, useWrite } from '#data/app-api.ts';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { wordOfKind } from '../channel-kinds.ts';
import { settingsGuide } from '../guide.ts';
import { channelState } from '../prepare.ts';
import { ChannelForm } from './channel-form.tsx';
import { Fault } from './fault.tsx';
import { TestResult } from './test-result.tsx';

/** Where alerts are sent to. Addresses and secrets go in and never come back. */
export function Channels({ query }: { query: QueryState<ChannelList> }) {
  const [adding, setAdding] = useState(false);
  const channels = query.data?.channels ?? [];
  const mayEdit = query.data?.mayEdit ?? false;
  return (
    <Panel
      title="Notification channels"
      note="Addresses and secrets are kept by the gateway and not shown again"
      queries={[query]}
      empty={channels.length === 0}
      emptyText={
        mayEdit
          ? 'No channel yet: add one, and send a test through it.'
          : 'No channel yet. An administrator can add one.'
      }
      metrics={[]}
      guide={settingsGuide}
      minHeight={90}
      actions={
        mayEdit ? (
          <Dialog open={adding} onOpenChange={setAdding}>
            <DialogTrigger asChild>
              <Button size="small" variant="primary">
                <Plus aria-hidden /> Add a channel
              </Button>
            </DialogTrigger>
            <DialogContent title="Add a channel" description="Alerts of the chosen severity and above are sent to it.">
              <ChannelForm onDone={() => setAdding(false)} />
            </DialogContent>
          </Dialog>
        ) : undefined
      }
    >
      <ul className="grid">
        {channels.map((channel) => (
          <Channel key={channel.id} channel={channel} mayEdit={mayEdit} mayTest={query.data?.mayTest ?? false} />
        ))}
      </ul>
    </Panel>
  );
}

function Channel({ channel, mayEdit, mayTest }: { channel: ChannelRow; mayEdit: boolean; mayTest: boolean }) {
  const { nowMs } = useClock();
  const [result, setResult] = useState<ChannelTest | null>(null);
  const [sure, setSure] = useState(false);
  const { write, busy, error } = useWrite([['app', 'channels']]);
  const { status, word, reason } = channelState(channel);
  const path = `/api/settings/channels/${encodeURIComponent(channel.id)}`;
  const test = async () => {
    setResult(null);
    const told = await write('test', () => askApp(`${path}/test`, channelTest, { method: 'POST' }));
    if (told !== undefined) setResult(told);
  };
  const toggle = () =>
    void write('toggle', () => askApp(path, done, { method: 'PATCH', body: { enabled: !channel.enabled } }));
  const remove = () => void write('delete', () => askApp(path, done, { method: 'DELETE' }));
  return (
    <li className="grid gap-2 border-b border-line py-2.5 first:pt-0.5 last:border-b-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-56">
          <span className="mr-2 font-medium [overflow-wrap:anywhere]">{channel.name}</span>
          <StatusBadge status={status}>{word}</StatusBadge>
          <span className="block text-xs text-ink-faint">
            {wordOfKind(channel.kind)} · {channel.minSeverity} and above ·{' '}
            {channel.sendResolved ? 'also when resolved' : 'not when resolved'}
            {channel.last?.sentAt != null && ` · last sent ${age(nowMs - Date.parse(channel.last.sentAt))} ago`}
          </span>
          {reason !== null && <span className="block text-xs text-bad [overflow-wrap:anywhere]">{reason}</span>}
        </div>
        <div className="flex flex-wrap gap-1.5">
          {mayTest && (
            <Button size="small" disabled={busy !== null} onClick={() => void test()}>
              {busy === 'test' ? 'Sending…' : 'Send a test'}
            </Button>
          )}
          {mayEdit && (
            <>
              <Button size="small" disabled={busy !== null} onClick={toggle}>
                {channel.enabled ? 'Switch off' : 'Switch on'}
              </Button>
              {sure ? (
                <>
                  <Button size="small" variant="danger" disabled={busy !== null} onClick={remove}>
                    Delete with its log
                  </Button>
                  <Button size="small" variant="ghost" onClick={() => setSure(false)}>
                    Keep
                  </Button>
                </>
              ) : (
                <Button size="small" disabled={busy !== null} onClick={() => setSure(true)}>
                  Delete
                </Button>
              )}
            </>
          )}
        </div>
      </div>
      <Fault text={error} />
      {result !== null && <TestResult result={result} onClose={() => setResult(null)} />}
    </li>
  );
}
