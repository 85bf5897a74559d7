import type { ChannelKind } from '@binnacle/shared/alerts/channel.ts';
import { alertmanager } from './alertmanager.ts';
import type { Channel } from './channel.ts';
import { discord } from './discord.ts';
import { email } from './email.ts';
import { googleChat } from './google-chat.ts';
import { mattermost } from './mattermost.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

/** Every kind of channel; the key is `kind` of a channel's row. */
export const channels: Record<ChannelKind, Channel> = {
  slack,
  discord,
  teams,
  'google-chat': googleChat,
  mattermost,
  pagerduty,
  email,
  alertmanager,
  webhook,
};

export function channelOf(kind: string): Channel | undefined {
  return Object.hasOwn(channels, kind) ? channels[kind as ChannelKind] : undefined;
}
