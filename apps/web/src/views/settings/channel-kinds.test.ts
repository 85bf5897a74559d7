import { channelInput, channelKinds } from '@binnacle/shared/alerts/channel.ts';
import { parseMailUrl } from '@binnacle/shared/alerts/mail-url.ts';
import { expect, it } from 'vitest';
import { addressOf } from './channel-kinds.ts';

const fields: Record<string, string> = {
  url: 'https://service.example/hook',
  key: 'k'.repeat(32),
  region: 'eu',
  server: 'smtps://mail.example.com',
  user: 'a@b',
  password: 'p:@/ #%',
  from: 'binnacle@example.com',
  to: 'ops@example.com, night@example.com',
};

it.each(channelKinds)('the fields of %s make a channel that is taken', (kind) => {
  const secret = kind === 'webhook' ? { secret: `whsec_${btoa('x'.repeat(32))}` } : {};
  const rest = { name: 'ops', minSeverity: 'info', sendResolved: true, enabled: true, ...secret };
  expect(
    channelInput.safeParse({ kind, ...addressOf(kind, (name) => fields[name] ?? ''), ...rest }).error,
  ).toBeUndefined();
});

it('puts a mail server, a password with signs and two recipients into one address and back', () => {
  expect(parseMailUrl(addressOf('email', (name) => fields[name] ?? '').url)).toEqual({
    host: 'mail.example.com',
    port: 465,
    secure: true,
    user: 'a@b',
    password: 'p:@/ #%',
    from: 'binnacle@example.com',
    to: ['ops@example.com', 'night@example.com'],
  });
});

it.each(['mail.example.com', 'https://mail.example.com', ''])('takes "%s" for no mail server', (server) => {
  expect(addressOf('email', (name) => (name === 'server' ? server : (fields[name] ?? ''))).url).toBe('');
});
