'use client';

import { type ChannelInput, channelInput } from '@binnacle/shared/alerts/channel.ts';
import { severities } from '@binnacle/shared/alerts/rule.ts';
import { Check, Copy } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Input, Label, Select } from '#components/ui/input.tsx';
import { done } from '#data/app-answers.ts';
import { askApp, useWrite } from '#data/app-api.ts';
import { addressOf, kindOptions, kindsOfChannel } from '../channel-kinds.ts';
import { webhookSecret } from '../prepare.ts';
import { ChannelAddress } from './channel-address.tsx';
import { Fault } from './fault.tsx';

/** Takes what a channel needs. The secret of a webhook is shown here, to be copied, and nowhere afterwards. */
export function ChannelForm({ onDone }: { onDone: () => void }) {
  const [kind, setKind] = useState<ChannelInput['kind']>('slack');
  const [secret, setSecret] = useState('');
  const [copied, setCopied] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const { write, busy, error } = useWrite([['app', 'channels']]);

  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const parsed = channelInput.safeParse({
      kind,
      name: form.get('name'),
      minSeverity: form.get('severity'),
      sendResolved: form.get('resolved') === 'on',
      enabled: true,
      ...addressOf(kind, (field) => String(form.get(field) ?? '')),
      ...(kind === 'webhook' ? { secret } : {}),
    });
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      setFault(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`);
      return;
    }
    setFault(null);
    const saved = await write('save', () =>
      askApp('/api/settings/channels', done, { method: 'POST', body: parsed.data }),
    );
    if (saved !== undefined) onDone();
  };
  return (
    <form className="grid gap-3 p-4" onSubmit={(event) => void save(event)} autoComplete="off">
      <Label>
        Kind of channel
        <Select value={kind} onChange={(event) => setKind(event.target.value as ChannelInput['kind'])}>
          {kindOptions.map((option) => (
            <option key={option.kind} value={option.kind}>
              {option.word}
            </option>
          ))}
        </Select>
        <span className="font-normal text-ink-faint">{kindsOfChannel[kind].hint}</span>
      </Label>
      <Label>
        Name
        <Input name="name" required maxLength={120} placeholder="on-call" />
      </Label>
      <ChannelAddress key={kind} kind={kind} />
      {kind === 'webhook' && (
        <Label>
          Signing secret
          <span className="flex gap-1.5">
            <Input
              value={secret}
              required
              placeholder="whsec_…"
              className="font-mono"
              onChange={(event) => {
                setSecret(event.target.value);
                setCopied(false);
              }}
            />
            <Button onClick={() => setSecret(webhookSecret((bytes) => crypto.getRandomValues(bytes)))}>Make one</Button>
            <Button
              size="icon"
              aria-label="Copy the secret"
              disabled={secret === ''}
              onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}
            >
              {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
            </Button>
          </span>
          <span className="font-normal text-ink-faint">Give it to the receiver now: it is not shown again.</span>
        </Label>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <Label>
          From severity
          <Select name="severity" defaultValue="warning">
            {severities.map((severity) => (
              <option key={severity}>{severity}</option>
            ))}
          </Select>
        </Label>
        <label className="flex items-center gap-2 self-end pb-1.5 text-[13px]">
          <input type="checkbox" name="resolved" defaultChecked className="size-4 accent-accent" /> Also when resolved
        </label>
      </div>
      <Fault text={fault ?? error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={busy !== null}>
          {busy === null ? 'Add' : 'Adding…'}
        </Button>
      </div>
    </form>
  );
}
