import { retryAt } from '../outcome.ts';
import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import { type AlertWords, colorOf, fitted, moreText, wordsOf } from './words.ts';

/**
 * Discord webhook (https://discord.com/developers/docs/resources/webhook#execute-webhook).
 * Limits: 10 embeds, title 256 characters, description 4096, 25 fields (name 256, value 1024), footer 2048, and 6000
 * characters over all embeds together. 5 messages in 2 seconds per webhook, 30 a minute per channel; 429 carries
 * `{"retry_after": seconds}`. Success is 204 (200 with `?wait=true`); 404 and 401 say that the webhook was deleted.
 * Mentions are switched off: a label must not wake everybody up.
 */
const limits = { embeds: 10, title: 256, description: 3000, fields: 25, value: 1024, total: 5900 };

export const discord: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 30, burst: 5 },
  render(notification, context) {
    const words = wordsOf(notification, context);
    const color = Number.parseInt(colorOf(notification).slice(1), 16);
    const make = (shown: number) => {
      const more = moreText(notification, shown);
      return words.alerts.slice(0, shown).map((alert, index) => ({
        title: cut(index === 0 ? words.title : alert.what, limits.title),
        ...(alert.url === null || alert.url.length > 2000 ? {} : { url: alert.url }),
        description: cut(textOf(alert, index === 0), limits.description),
        color,
        timestamp: new Date(context.nowMs).toISOString(),
        fields: fieldsOf(alert),
        ...(more === null || index < shown - 1 ? {} : { footer: { text: more } }),
      }));
    };
    const embeds = fitted(notification, limits.embeds, make, (made) => sizeOf(made) <= limits.total);
    return {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'Binnacle', embeds, allowed_mentions: { parse: [] } }),
    };
  },
  judge({ status, text, nowMs }: ServiceAnswer) {
    if (status === 404 || status === 401) {
      return { kind: 'gone', status, reason: `Discord has no such webhook any more (${status}).` };
    }
    if (status !== 429) return null;
    const pause = /"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(text)?.[1];
    if (pause === undefined) return null;
    return {
      kind: 'retry',
      status,
      reason: `Discord asked for a pause of ${pause} s.`,
      retryAtMs: retryAt(Math.ceil(Number(pause) * 1000), nowMs),
    };
  },
};

function textOf(alert: AlertWords, withWhat: boolean): string {
  const lines = [withWhat ? `**${escaped(alert.what)}**` : null, alert.description && escaped(alert.description)];
  return lines.filter((line) => line !== null).join('\n') || '—';
}

function fieldsOf(alert: AlertWords): object[] {
  const fields: Array<[string, string | null]> = [
    ['Where', alert.where],
    ['When', alert.since],
    ['How bad', alert.value],
    ['Probable cause', alert.cause],
    ['What to do', alert.todo],
  ];
  return fields
    .filter((field): field is [string, string] => field[1] !== null && field[1] !== '')
    .map(([name, value]) => ({ name, value: cut(escaped(value), limits.value) }));
}

/** Characters as Discord counts them: titles, descriptions, names and values of fields, footers. */
function sizeOf(embeds: readonly object[]): number {
  let size = 0;
  JSON.stringify(embeds, (key, value) => {
    if (typeof value === 'string' && /^(title|description|name|value|text)$/.test(key)) size += value.length;
    return value;
  });
  return size;
}

/** Markdown of a label is shown as it is written. */
function escaped(text: string): string {
  return text.replace(/[\\*_~`|>[\]]/g, '\\$&');
}
