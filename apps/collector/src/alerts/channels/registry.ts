import type { ChannelKind } from '@binnacle/shared/alerts/channel.ts';
import type { Channel } from './channel.ts';
import { slack } from './slack.ts';
import { webhook } from './webhook.ts';

/** Every kind of channel; the key is `kind` of a channel's row. */
export const channels: Record<ChannelKind, Channel> = { slack, webhook };

export function channelOf(kind: string): Channel | undefined {
  return Object.hasOwn(channels, kind) ? channels[kind as ChannelKind] : undefined;
}
