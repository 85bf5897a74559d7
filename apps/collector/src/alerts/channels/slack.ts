import { type Channel, cut, type Notification, pageUrl } from './channel.ts';

/**
 * Slack incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
 * Limits: header text 150 characters, section text 3000, 10 fields of 2000 each in a section, 50 blocks; the whole
 * message is refused near 13,000 characters (`msg_blocks_too_long`). About one message a second and channel; 429 carries
 * `Retry-After` in seconds. Success is 200 with the body `ok`. Only &, < and > are escaped in text.
 */
const limits = { header: 150, section: 3000, fields: 10, field: 300, url: 3000 };

const colors: Record<string, string> = { critical: '#d32f2f', warning: '#ed8b00', info: '#2f6fd3' };
const resolvedColor = '#2e9e5b';

export const slack: Channel = {
  render(notification, context) {
    const { alert } = notification;
    const title = titleOf(notification);
    const { summary, description, runbook } = alert.annotations;
    const text = [
      summary === undefined ? null : `*${escaped(summary)}*`,
      description === undefined ? null : escaped(description),
      runbook === undefined || alert.event === 'resolved' ? null : `_What to do:_ ${escaped(runbook)}`,
    ];
    const fields = Object.entries(alert.labels)
      .filter(([name]) => name !== 'alertname')
      .slice(0, limits.fields)
      .map(([name, value]) => ({
        type: 'mrkdwn',
        text: cutEscaped(`*${escaped(name)}*\n${escaped(value)}`, limits.field),
      }));
    const body = cutEscaped(text.filter((line) => line !== null).join('\n'), limits.section);
    const url = pageUrl(alert, context.externalUrl);
    const blocks: object[] = [
      { type: 'header', text: { type: 'plain_text', text: cut(title, limits.header) } },
      ...(body === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: body } }]),
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(timing(notification)) }] },
      ...(url === null || url.length > limits.url
        ? []
        : [
            {
              type: 'actions',
              elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open in Binnacle' }, url }],
            },
          ]),
    ];
    const color = alert.event === 'resolved' ? resolvedColor : (colors[alert.severity] ?? colors.info);
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        // shown in notifications and where blocks are not
        text: cutEscaped(escaped(`${title}${summary === undefined ? '' : `: ${summary}`}`), limits.section),
        attachments: [{ color, blocks }],
      }),
    };
  },
};

function titleOf({ alert, test }: Notification): string {
  const state = alert.event === 'resolved' ? 'Resolved' : `Firing, ${alert.severity}`;
  return `${test ? 'Test. ' : ''}${state}: ${alert.alertname}`;
}

function timing({ alert }: Notification): string {
  const since = new Date(alert.activeAtMs).toISOString();
  if (alert.resolvedAtMs === null) return `Since ${since}. Value ${alert.valueText}.`;
  return `From ${since} to ${new Date(alert.resolvedAtMs).toISOString()}. Last value ${alert.valueText}.`;
}

/** Never leaves half of an `&amp;` at the end. */
function cutEscaped(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/&[a-z]*$/, '')}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
