import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import type { AlertWords } from './words.ts';
import { colorOf, fitted, labelsOf, moreText, wordsOf } from './words.ts';

/**
 * Slack incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 * Limits: header text 150 characters, section text 3000, 10 fields of 2000 each in a section, 50 blocks; the whole
 * message is refused near 13,200 characters (`msg_blocks_too_long`). About one message a second and channel, more for a
 * moment; 429 carries `Retry-After` in seconds. Success is 200 with the body `ok`; a refusal is one word, which says
 * whether the address is of any more use. Only &, < and > are escaped in text.
 */
const limits = { header: 150, section: 3000, fields: 10, field: 300, url: 3000, message: 12_800, alerts: 20 };

/** Words by which Slack says that the webhook, its app or its channel is no more. */
const goneWords = new Map(
  Object.entries({
    no_service: 'Slack has no such webhook any more, or it was switched off',
    no_service_id: 'Slack has no such webhook',
    no_active_hooks: 'The webhook was switched off in Slack',
    channel_is_archived: 'The channel of this webhook was archived in Slack',
    channel_not_found: 'The channel of this webhook is no more in Slack',
    invalid_token: 'Slack does not know the token in the address',
    token_revoked: 'The app of this webhook was removed from Slack',
    no_team: 'Slack does not know the workspace in the address',
    team_disabled: 'The workspace was switched off in Slack',
  }),
);

const deadWords = new Map(
  Object.entries({
    action_prohibited: 'An administrator of the workspace does not allow this webhook to post',
    posting_to_general_channel_denied: 'This webhook may not post to the general channel',
    invalid_payload: 'Slack could not read the message',
    invalid_blocks: 'Slack refused a block of the message',
    msg_blocks_too_long: 'Slack refused the message as too long',
    no_text: 'Slack refused the message as empty',
  }),
);

export const slack: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 60, burst: 10 },
  render(notification, context) {
    const words = wordsOf(notification, context);
    const first = notification.alerts[0];
    const single = notification.alerts.length === 1 && notification.truncated === 0;
    const fields = (first === undefined || !single ? [] : labelsOf(first))
      .slice(0, limits.fields)
      .map(([name, value]) => ({
        type: 'mrkdwn',
        text: cutEscaped(`*${escaped(name)}*\n${escaped(value)}`, limits.field),
      }));
    const make = (shown: number) => {
      const more = moreText(notification, shown);
      const blocks: object[] = [
        { type: 'header', text: { type: 'plain_text', text: cut(words.title, limits.header) } },
        ...words.alerts.slice(0, shown).map((alert) => section(alert, !single)),
        ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
        ...(more === null ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `_${more}_` }] }]),
        ...button(words.url),
      ];
      return JSON.stringify({
        // shown in notifications and where blocks are not
        text: cutEscaped(escaped(`${words.title}: ${words.alerts[0]?.what ?? ''}`), limits.section),
        attachments: [{ color: colorOf(notification), blocks }],
      });
    };
    return {
      headers: { 'content-type': 'application/json' },
      body: fitted(notification, limits.alerts, make, (body) => body.length <= limits.message),
    };
  },
  judge({ status, text }: ServiceAnswer) {
    const word = text.trim();
    if (status === 200 && word !== 'ok' && word !== '') {
      return { kind: 'dead', status, reason: `Slack did not answer "ok": is this the address of an incoming webhook?` };
    }
    if (status < 400) return null;
    const gone = goneWords.get(word);
    if (gone !== undefined) return { kind: 'gone', status, reason: `${gone} (${word}).` };
    const dead = deadWords.get(word);
    return dead === undefined ? null : { kind: 'dead', status, reason: `${dead} (${word}).` };
  },
};

function section(alert: AlertWords, withPlace: boolean): object {
  const lines = [
    `*${escaped(alert.what)}*`,
    alert.description === null ? null : escaped(alert.description),
    withPlace && alert.where !== '' ? escaped(alert.where) : null,
    escaped(alert.since),
    escaped(alert.value),
    alert.cause === null ? null : `_Probable cause:_ ${escaped(alert.cause)}`,
    alert.todo === null ? null : `_What to do:_ ${escaped(alert.todo)}`,
    withPlace && alert.url !== null ? `<${escaped(alert.url)}|Open>` : null,
  ];
  const text = cutEscaped(lines.filter((line) => line !== null).join('\n'), limits.section);
  return { type: 'section', text: { type: 'mrkdwn', text } };
}

function button(url: string | null): object[] {
  if (url === null || url.length > limits.url) return [];
  return [
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open in Binnacle' }, url }] },
  ];
}

/** Never leaves half of an `&amp;` at the end. */
function cutEscaped(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${cut(text, limit)
        .slice(0, -1)
        .replace(/&[a-z]*$/, '')}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
