import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import { colorOf, fitted, moreText, wordsOf } from './words.ts';

/**
 * Mattermost incoming webhook (https://developers.mattermost.com/integrate/webhooks/incoming/): attachments as Slack
 * once had them, no blocks. Limits: 16,383 characters of message. Success is 200 with the body `ok`. The rate limit is
 * the server's own setting, 10 requests a second where it is switched on; 429 beyond.
 */
const limits = { characters: 15_500, alerts: 15 };

export const mattermost: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 300, burst: 10 },
  render(notification, context) {
    const words = wordsOf(notification, context);
    const color = colorOf(notification);
    const make = (shown: number) => {
      const more = moreText(notification, shown);
      return JSON.stringify({
        username: 'Binnacle',
        text: `#### ${escaped(cut(words.title, 300))}${more === null ? '' : `\n_${more}_`}`,
        attachments: words.alerts.slice(0, shown).map((alert) => ({
          fallback: escaped(alert.what),
          color,
          title: escaped(alert.what),
          ...(alert.url === null ? {} : { title_link: alert.url }),
          text: alert.description === null ? '' : escaped(alert.description),
          fields: [
            ...field('Where', alert.where),
            ...field('When', alert.since),
            ...field('How bad', alert.value),
            ...field('Probable cause', alert.cause),
            ...field('What to do', alert.todo),
          ],
        })),
      });
    };
    return {
      headers: { 'content-type': 'application/json' },
      body: fitted(notification, limits.alerts, make, (made) => made.length <= limits.characters),
    };
  },
  judge({ status, text }: ServiceAnswer) {
    if (/web\.incoming_webhook\.(invalid|channel)\.app_error/.test(text)) {
      return { kind: 'gone', status, reason: 'Mattermost has no such webhook, or not its channel any more.' };
    }
    if (text.includes('web.incoming_webhook.disabled.app_error') || status === 501) {
      return { kind: 'dead', status, reason: 'Incoming webhooks are switched off on the Mattermost server.' };
    }
    return null;
  },
};

const field = (title: string, value: string | null) =>
  value === null || value === '' ? [] : [{ short: false, title, value: escaped(value) }];

/** Markdown and mentions of a label are shown as they are written. */
function escaped(text: string): string {
  return text.replace(/[\\*_~`|#>[\]]/g, '\\$&').replaceAll('@', '@\u200b');
}
