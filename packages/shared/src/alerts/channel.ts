import { z } from 'zod';
import { parseMailUrl } from './mail-url.ts';
import { severities } from './rule.ts';

export const channelKinds = [
  'slack',
  'discord',
  'teams',
  'google-chat',
  'mattermost',
  'pagerduty',
  'email',
  'alertmanager',
  'webhook',
] as const;
export type ChannelKind = (typeof channelKinds)[number];

/** Where PagerDuty takes events, by the region of the account. */
export const pagerdutyUrls = {
  us: 'https://events.pagerduty.com/v2/enqueue',
  eu: 'https://events.eu.pagerduty.com/v2/enqueue',
} as const;

const url = z.url({ protocol: /^https?$/, error: 'An http or https URL is expected.' }).max(2000);
const common = {
  name: z.string().trim().min(1).max(120),
  minSeverity: z.enum(severities),
  sendResolved: z.boolean(),
  enabled: z.boolean(),
};
const byUrl = <K extends ChannelKind>(kind: K) => z.strictObject({ kind: z.literal(kind), ...common, url });

/** A notification channel as a person saves it. `url` and `secret` never go back to the browser. */
export const channelInput = z.discriminatedUnion('kind', [
  byUrl('slack'),
  byUrl('discord'),
  byUrl('teams'),
  byUrl('google-chat'),
  byUrl('mattermost'),
  byUrl('alertmanager'),
  byUrl('pagerduty').extend({
    /** The routing (integration) key of Events API v2. */
    secret: z.string().regex(/^[A-Za-z0-9]{32}$/, 'A routing key of 32 letters and digits is expected.'),
  }),
  z.strictObject({
    kind: z.literal('email'),
    ...common,
    /** See `mail-url.ts`. */
    url: z
      .string()
      .max(2000)
      .refine((text) => parseMailUrl(text) !== null, 'smtp[s]://host, a sender and recipients are expected.'),
  }),
  byUrl('webhook').extend({
    /** Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. */
    secret: z
      .string()
      .refine((text) => webhookSecretBytes(text) !== null, 'whsec_ and 24 to 64 bytes in base64 are expected.'),
  }),
]);
export type ChannelInput = z.infer<typeof channelInput>;

/** Key bytes of a Standard Webhooks secret, or null where the text is none. */
export function webhookSecretBytes(text: string): Uint8Array | null {
  const found = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (found === null) return null;
  const bytes = Uint8Array.from(atob(found[1] as string), (character) => character.charCodeAt(0));
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}
