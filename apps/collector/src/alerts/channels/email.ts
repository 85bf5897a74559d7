import { shortGroupKey } from '../group-of-one.ts';
import { cut, type MailChannel } from './channel.ts';
import { type AlertWords, colorOf, moreText, wordsOf } from './words.ts';

/**
 * E-mail by SMTP; how it is sent: `../send-mail.ts`. The id of a message is
 * that of the notification, the same on every attempt. Limits: ours, 100 alerts a message. The rate is what small relays bear.
 */
const limits = { alerts: 100, subject: 200 };

export const email: MailChannel = {
  transport: 'smtp',
  rate: { ratePerMinute: 30, burst: 5 },
  render(notification, context) {
    const words = wordsOf(notification, context, 2000);
    const shown = words.alerts.slice(0, limits.alerts);
    const more = moreText(notification, shown.length);
    const blocks = shown.map((alert) =>
      lines(alert)
        .map(([name, value]) => (name === '' ? value : `${name}: ${value}`))
        .join('\n'),
    );
    return {
      messageId: `<${notification.id}.${shortGroupKey(notification.groupKey).slice(0, 16)}@binnacle>`,
      subject: cut(words.title.replace(/[\r\n]+/g, ' '), limits.subject),
      text: [words.title, ...blocks, more].filter((block) => block !== null).join('\n\n'),
      html: [
        `<h2 style="color:${colorOf(notification)};font:600 18px sans-serif">${escaped(words.title)}</h2>`,
        ...shown.map(htmlOf),
        more === null ? '' : `<p style="font:14px sans-serif">${more}</p>`,
      ].join('\n'),
    };
  },
};

function lines(alert: AlertWords): Array<[string, string]> {
  const all: Array<[string, string | null]> = [
    ['', alert.what],
    ['', alert.description],
    ['Where', alert.where],
    ['When', alert.since],
    ['How bad', alert.value],
    ['Probable cause', alert.cause],
    ['What to do', alert.todo],
    ['Open in Binnacle', alert.url],
  ];
  return all.filter((line): line is [string, string] => line[1] !== null && line[1] !== '');
}

function htmlOf(alert: AlertWords): string {
  const said = lines(alert).map(([name, value]) => {
    if (name === 'Open in Binnacle') return `<a href="${escaped(value)}">${name}</a>`;
    return name === '' ? escaped(value) : `<b>${name}:</b> ${escaped(value)}`;
  });
  return `<p style="font:14px/1.5 sans-serif">${said.join('<br>')}</p>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
