import { cut, type HttpChannel, type ServiceAnswer } from './channel.ts';
import { type AlertWords, colorOf, fitted, moreText, wordsOf } from './words.ts';

/**
 * Microsoft Teams, Workflows template "Post to a channel when a webhook request is received"
 * (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook): an
 * Adaptive Card in `attachments[]`; the older MessageCard is not taken by it.
 * Limits: 28 KB for the whole message, of which up to 21,000 bytes are used: the flow adds its own. More than 4 requests
 * a second are throttled with 429. 202 says that the flow took the message, not that it was posted.
 */
const limits = { bytes: 21_000, alerts: 20, text: 500 };
const colors: Readonly<Record<string, string>> = {
  '#d32f2f': 'Attention',
  '#ed8b00': 'Warning',
  '#2f6fd3': 'Accent',
  '#2e9e5b': 'Good',
};

export const teams: HttpChannel = {
  transport: 'http',
  rate: { ratePerMinute: 60, burst: 4 },
  render(notification, context) {
    const words = wordsOf(notification, context, limits.text);
    const make = (shown: number) => {
      const more = moreText(notification, shown);
      const body: object[] = [
        {
          ...text(cut(words.title, 300)),
          weight: 'Bolder',
          size: 'Medium',
          color: colors[colorOf(notification)],
          style: 'heading',
        },
        ...words.alerts.slice(0, shown).flatMap(blocksOf),
        ...(more === null ? [] : [{ ...text(more), isSubtle: true }]),
      ];
      const url = words.url;
      const content = {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.2',
        body,
        ...(url === null || url.length > 2000
          ? {}
          : { actions: [{ type: 'Action.OpenUrl', title: 'Open in Binnacle', url }] }),
        msteams: { width: 'full' },
      };
      return JSON.stringify({
        type: 'message',
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
      });
    };
    return {
      headers: { 'content-type': 'application/json' },
      body: fitted(notification, limits.alerts, make, (made) => Buffer.byteLength(made) <= limits.bytes),
    };
  },
  judge({ status, text: said }: ServiceAnswer) {
    if (status === 404 && said.includes('WorkflowNotFound')) {
      return { kind: 'gone', status, reason: 'The workflow was deleted in Teams (WorkflowNotFound).' };
    }
    if (/WorkflowTriggerIsNotEnabled|WorkflowDisabled/.test(said)) {
      return { kind: 'dead', status, reason: 'The workflow is switched off in Teams: switch it on there.' };
    }
    return null;
  },
};

const text = (said: string) => ({ type: 'TextBlock', text: said, wrap: true });

function blocksOf(alert: AlertWords): object[] {
  const facts: Array<[string, string | null]> = [
    ['Where', alert.where],
    ['When', alert.since],
    ['How bad', alert.value],
    ['Probable cause', alert.cause],
    ['What to do', alert.todo],
  ];
  return [
    { ...text(escaped(alert.what)), weight: 'Bolder', separator: true },
    ...(alert.description === null ? [] : [text(escaped(alert.description))]),
    {
      type: 'FactSet',
      facts: facts
        .filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== '')
        .map(([title, value]) => ({ title, value: escaped(value) })),
    },
  ];
}

/** Texts of a card take links and emphasis in Markdown: a label must not make any. */
function escaped(said: string): string {
  return said.replace(/[\\*_[\]]/g, '\\$&');
}
