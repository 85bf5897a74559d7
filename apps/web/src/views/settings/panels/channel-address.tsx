import type { ChannelKind } from '@binnacle/shared/alerts/channel.ts';
import { Input, Label, Select } from '#components/ui/input.tsx';
import { kindsOfChannel } from '../channel-kinds.ts';

/** The fields of a kind that say where to: `addressOf` puts them together. */
export function ChannelAddress({ kind }: { kind: ChannelKind }) {
  const { placeholder } = kindsOfChannel[kind];
  if (kind === 'pagerduty')
    return (
      <div className="grid gap-3 sm:grid-cols-2">
        <Label>
          Integration key
          <Input name="key" required maxLength={32} className="font-mono" />
        </Label>
        <Label>
          Region of the account
          <Select name="region" defaultValue="us">
            <option value="us">United States</option>
            <option value="eu">European Union</option>
          </Select>
        </Label>
      </div>
    );
  if (kind === 'email')
    return (
      <>
        <Label>
          Server
          <Input name="server" required maxLength={300} placeholder={placeholder} />
        </Label>
        <div className="grid gap-3 sm:grid-cols-2">
          <Label>
            User, if it asks for one
            <Input name="user" maxLength={200} autoComplete="off" />
          </Label>
          <Label>
            Password
            <Input name="password" type="password" maxLength={200} autoComplete="new-password" />
          </Label>
          <Label>
            From
            <Input name="from" type="email" required maxLength={200} placeholder="binnacle@example.com" />
          </Label>
          <Label>
            To
            <Input name="to" required maxLength={1000} placeholder="ops@example.com" />
          </Label>
        </div>
      </>
    );
  return (
    <Label>
      Address
      <Input name="url" type="url" required maxLength={2000} placeholder={placeholder} />
    </Label>
  );
}
