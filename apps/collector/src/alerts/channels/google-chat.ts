import { shortGroupKey } from '../group-of-one.ts';
import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import { type AlertWords, colorOf, fitted, moreText, wordsOf } from './words.ts';

/**
 * Google Chat webhook of a space (https://developers.google.com/workspace/chat/quickstart/webhooks).
 * Limits: 32,000 bytes; 100 widgets in a card, and the section over it is left out without a word, so that 30 alerts of
 * at most two widgets are sent. 60 messages a minute and space, shared by all its apps; 429 beyond. The fire and the
 * resolve of a group stand in one thread, by `threadKey`.
 */
const limits = { bytes: 31_000, alerts: 30, text: 500 };

export const googleChat: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 50, burst: 5 },
  render(notification, context) {
    const words = wordsOf(notification, context, limits.text);
    const color = colorOf(notification);
    const make = (shown: number) => {
      const more = moreText(notification, shown);
      const widgets: object[] = words.alerts.slice(0, shown).map((alert) => ({ textParagraph: { text: html(alert) } }));
      if (more !== null) widgets.push({ textParagraph: { text: `<i>${more}</i>` } });
      if (words.url !== null) {
        const openLink = { url: words.url };
        widgets.push({ buttonList: { buttons: [{ text: 'Open in Binnacle', onClick: { openLink } }] } });
      }
      const heading = {
        textParagraph: { text: `<font color="${color}"><b>${escaped(cut(words.title, 300))}</b></font>` },
      };
      return JSON.stringify({
        text: cut(words.title, 300).replace(/[<>*_~`]/g, ' '),
        cardsV2: [{ cardId: 'alert', card: { sections: [{ widgets: [heading, ...widgets] }] } }],
        thread: { threadKey: shortGroupKey(notification.groupKey) },
      });
    };
    const url = new URL(context.url);
    url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
    return {
      url: url.href,
      headers: { 'content-type': 'application/json; charset=UTF-8' },
      body: fitted(notification, limits.alerts, make, (made) => Buffer.byteLength(made) <= limits.bytes),
    };
  },
  judge({ status }: ServiceAnswer) {
    if (status === 404)
      return { kind: 'gone', status, reason: 'Google Chat has no such space or webhook any more (404).' };
    if (status === 401 || status === 403) {
      return {
        kind: 'dead',
        status,
        reason: `Google Chat does not take the key and token of the address (${status}).`,
      };
    }
    return null;
  },
};

function html(alert: AlertWords): string {
  const lines = [
    `<b>${escaped(alert.what)}</b>`,
    alert.description === null ? null : escaped(alert.description),
    alert.where === '' ? null : escaped(alert.where),
    escaped(alert.since),
    escaped(alert.value),
    alert.cause === null ? null : `<i>Probable cause:</i> ${escaped(alert.cause)}`,
    alert.todo === null ? null : `<i>What to do:</i> ${escaped(alert.todo)}`,
  ];
  return lines.filter((line) => line !== null).join('<br>');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
