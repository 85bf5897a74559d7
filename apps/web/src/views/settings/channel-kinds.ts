import { type ChannelKind, channelKinds, pagerdutyUrls } from '@binnacle/shared/alerts/channel.ts';
import { mailUrl } from '@binnacle/shared/alerts/mail-url.ts';

export interface KindOfChannel {
  readonly word: string;
  /** How to get what the form asks for. */
  readonly hint: string;
  readonly placeholder: string;
}

/** What the form says of each kind. */
export const kindsOfChannel: Record<ChannelKind, KindOfChannel> = {
  slack: {
    word: 'Slack',
    hint: 'api.slack.com/apps → your app → Incoming Webhooks → Add New Webhook: choose the channel, copy the URL.',
    placeholder: 'https://hooks.slack.com/services/…',
  },
  discord: {
    word: 'Discord',
    hint: 'Edit the channel → Integrations → Webhooks → New Webhook → Copy Webhook URL.',
    placeholder: 'https://discord.com/api/webhooks/…',
  },
  teams: {
    word: 'Microsoft Teams',
    hint: 'At the channel: ⋯ → Workflows → "Post to a channel when a webhook request is received"; copy the URL it ends with.',
    placeholder: 'https://….logic.azure.com/workflows/…',
  },
  'google-chat': {
    word: 'Google Chat',
    hint: 'At the space: its name → Apps & integrations → Webhooks → Add; copy the URL with its key and token.',
    placeholder: 'https://chat.googleapis.com/v1/spaces/…/messages?key=…&token=…',
  },
  mattermost: {
    word: 'Mattermost',
    hint: 'Integrations → Incoming Webhooks → Add; copy the URL. A server of your own network must be allowed to the gateway.',
    placeholder: 'https://mattermost.example.com/hooks/…',
  },
  pagerduty: {
    word: 'PagerDuty',
    hint: 'Service → Integrations → Add → Events API V2; copy the integration key of 32 characters.',
    placeholder: '',
  },
  email: {
    word: 'E-mail',
    hint: 'A mail server that takes messages from the gateway: smtps:// is TLS from the start, smtp:// changes over to it. Recipients with commas between.',
    placeholder: 'smtp://mail.example.com:587',
  },
  alertmanager: {
    word: 'Alertmanager webhook',
    hint: 'For programs that take the webhook of Prometheus Alertmanager, version 4. It is not signed.',
    placeholder: 'https://',
  },
  webhook: {
    word: 'Signed webhook',
    hint: 'It gets a POST signed as Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.',
    placeholder: 'https://',
  },
};

export const kindOptions = channelKinds.map((kind) => ({ kind, word: kindsOfChannel[kind].word }));

/** Word of a kind, also of one that this version does not know. */
export function wordOfKind(kind: string): string {
  return kindsOfChannel[kind as ChannelKind]?.word ?? kind;
}

/** The address and secret that the form's fields come to; `channelInput` judges them. */
export function addressOf(kind: ChannelKind, field: (name: string) => string): { url: string; secret?: string } {
  if (kind === 'pagerduty') {
    return { url: field('region') === 'eu' ? pagerdutyUrls.eu : pagerdutyUrls.us, secret: field('key').trim() };
  }
  if (kind === 'email') {
    return {
      url: mailUrl(field('server').trim(), field('user'), field('password'), field('from').trim(), field('to')) ?? '',
    };
  }
  return { url: field('url').trim() };
}
