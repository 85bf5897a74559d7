import { z } from 'zod';
import { severities } from './rule.ts';

export const channelKinds = ['slack', 'webhook'] as const;
export type ChannelKind = (typeof channelKinds)[number];

const url = z.url({ protocol: /^https?$/, error: 'An http or https URL is expected.' }).max(2000);
const shared = {
  name: z.string().trim().min(1).max(120),
  url,
  minSeverity: z.enum(severities),
  sendResolved: z.boolean(),
  enabled: z.boolean(),
};

/** A notification channel as a person saves it. `url` and `secret` never go back to the browser. */
export const channelInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slack'), ...shared }),
  z.strictObject({
    kind: z.literal('webhook'),
    ...shared,
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
