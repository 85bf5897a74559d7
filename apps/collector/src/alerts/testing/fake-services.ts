/**
 * Services that refuse what the real ones refuse, by their published limits and error bodies: each gets a request's body
 * and says what it answers. They know nothing of how the channels render.
 */
export interface ServiceSaid {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Json = Record<string, unknown>;
export type FakeService = (body: string, url: URL) => ServiceSaid;

const refused = (body: string, status = 400): ServiceSaid => ({ status, body });
const list = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const length = (value: unknown): number => (typeof value === 'string' ? value.length : 0);
const bytes = (text: string) => Buffer.byteLength(text);

function parsed(body: string): Json | null {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return null;
  }
}

export const fakeSlack: FakeService = (body) => {
  const message = parsed(body);
  if (message === null) return refused('invalid_payload');
  if (length(message.text) === 0 && list(message.attachments).length === 0) return refused('no_text');
  if (body.length > 13_200) return refused('msg_blocks_too_long');
  for (const attachment of list(message.attachments)) {
    const blocks = list(attachment.blocks);
    if (blocks.length > 50) return refused('invalid_blocks');
    for (const block of blocks) {
      const text = (block.text as Json | undefined)?.text;
      const fields = list(block.fields);
      const empty = block.type === 'section' && length(text) === 0 && fields.length === 0;
      const long = length(text) > (block.type === 'header' ? 150 : 3000);
      if (empty || long || fields.length > 10) return refused('invalid_blocks');
      if (fields.some((field) => length(field.text) > 2000 || length(field.text) === 0))
        return refused('invalid_blocks');
      if (/&(?!amp;|lt;|gt;)/.test(block.type === 'section' ? String(text ?? '') : ''))
        return refused('invalid_blocks');
    }
  }
  return { status: 200, body: 'ok' };
};

export const fakeDiscord: FakeService = (body) => {
  const message = parsed(body);
  if (message === null) return refused('{"message":"The request body contains invalid JSON.","code":50109}');
  const embeds = list(message.embeds);
  const invalid = refused('{"embeds":["0"]}');
  if (length(message.content) > 2000 || embeds.length > 10) return invalid;
  if (embeds.length === 0 && length(message.content) === 0) {
    return refused('{"message":"Cannot send an empty message","code":50006}');
  }
  let total = 0;
  for (const embed of embeds) {
    const fields = list(embed.fields);
    const footer = (embed.footer as Json | undefined)?.text;
    total += length(embed.title) + length(embed.description) + length(footer);
    if (length(embed.title) > 256 || length(embed.description) > 4096 || length(footer) > 2048) return invalid;
    if (fields.length > 25) return invalid;
    for (const { name, value } of fields) {
      if (length(name) === 0 || length(name) > 256 || length(value) === 0 || length(value) > 1024) return invalid;
      total += length(name) + length(value);
    }
    if (!Number.isInteger(embed.color) || Number.isNaN(Date.parse(String(embed.timestamp)))) return invalid;
  }
  return total > 6000 ? refused('{"embeds":["Embed size exceeds maximum size of 6000"]}') : { status: 204, body: '' };
};

export const fakeTeams: FakeService = (body) => {
  if (bytes(body) > 28 * 1024) return refused('Request Entity Too Large', 413);
  const message = parsed(body);
  const [attachment] = list(message?.attachments);
  const card = attachment?.content as Json | undefined;
  if (message?.type !== 'message' || attachment?.contentType !== 'application/vnd.microsoft.card.adaptive') {
    return refused('{"error":{"code":"TriggerInputSchemaMismatch"}}');
  }
  if (card?.type !== 'AdaptiveCard' || list(card.body).length === 0) return refused('{"error":{"code":"BadRequest"}}');
  for (const element of list(card.body)) {
    if (element.type === 'TextBlock' && length(element.text) === 0) return refused('{"error":{"code":"BadRequest"}}');
  }
  return { status: 202, body: '' };
};

export const fakeGoogleChat: FakeService = (body, url) => {
  if (bytes(body) > 32_000) return refused('{"error":{"code":400,"status":"INVALID_ARGUMENT"}}');
  if (url.searchParams.get('key') === null || url.searchParams.get('token') === null) {
    return refused('{"error":{"code":401,"status":"UNAUTHENTICATED"}}', 401);
  }
  const message = parsed(body);
  const known = new Set(['text', 'cardsV2', 'thread']);
  if (message === null || Object.keys(message).some((name) => !known.has(name))) {
    return refused('{"error":{"code":400,"status":"INVALID_ARGUMENT"}}');
  }
  const threaded = url.searchParams.get('messageReplyOption') === 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD';
  if (message.thread !== undefined && !threaded) return refused('{"error":{"code":400,"status":"INVALID_ARGUMENT"}}');
  for (const { card } of list(message.cardsV2)) {
    let widgets = 0;
    for (const section of list((card as Json).sections)) widgets += list(section.widgets).length;
    // The real one leaves out the section without a word; here that is a refusal, so that a test sees it.
    if (widgets > 100 || widgets === 0) return refused('a section would be left out');
  }
  return { status: 200, body: '{"name":"spaces/A/messages/B"}' };
};

export const fakeMattermost: FakeService = (body) => {
  const message = parsed(body);
  if (message === null) return refused('{"id":"web.incoming_webhook.parse.app_error","status_code":400}');
  if (body.length > 16_383)
    return refused('{"id":"web.incoming_webhook.split_props_length.app_error","status_code":400}');
  if (length(message.text) === 0 && list(message.attachments).length === 0) {
    return refused('{"id":"web.incoming_webhook.text.app_error","status_code":400}');
  }
  return { status: 200, body: 'ok' };
};

export const fakePagerDuty: FakeService = (body) => {
  const invalid = (why: string) =>
    refused(JSON.stringify({ status: 'invalid event', message: 'Event object is invalid', errors: [why] }));
  if (bytes(body) > 512_000) return refused('', 413);
  const event = parsed(body);
  if (event === null) return invalid('JSON');
  if (length(event.routing_key) !== 32) return invalid("'routing_key' is invalid: invalid routing key");
  if (!['trigger', 'acknowledge', 'resolve'].includes(String(event.event_action))) return invalid("'event_action'");
  if (length(event.dedup_key) > 255) return invalid("'dedup_key' is too long");
  const payload = event.payload as Json | undefined;
  if (event.event_action === 'trigger') {
    if (length(payload?.summary) === 0 || length(payload?.summary) > 1024) return invalid("'payload.summary'");
    if (length(payload?.source) === 0) return invalid("'payload.source' is missing or blank");
    if (!['critical', 'error', 'warning', 'info'].includes(String(payload?.severity)))
      return invalid("'payload.severity'");
  }
  if (event.event_action === 'resolve' && length(event.dedup_key) === 0) return invalid("'dedup_key' is missing");
  return { status: 202, body: JSON.stringify({ status: 'success', dedup_key: event.dedup_key }) };
};

/** A consumer of Alertmanager's webhook that checks what Go's decoder of it would. */
export const fakeAlertmanagerReceiver: FakeService = (body) => {
  const data = parsed(body);
  return data !== null && isAlertmanagerData(data) ? { status: 200, body: '' } : refused('not version 4');
};

export function isAlertmanagerData(data: Json): boolean {
  const texts = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
  return (
    data.version === '4' &&
    typeof data.groupKey === 'string' &&
    Number.isInteger(data.truncatedAlerts) &&
    ['firing', 'resolved'].includes(String(data.status)) &&
    [data.groupLabels, data.commonLabels, data.commonAnnotations].every(texts) &&
    list(data.alerts).length > 0 &&
    list(data.alerts).every(
      (alert) =>
        texts(alert.labels) &&
        texts(alert.annotations) &&
        !Number.isNaN(Date.parse(String(alert.startsAt))) &&
        /^\d{4}-.*Z$/.test(String(alert.endsAt)) &&
        /^[0-9a-f]{16}$/.test(String(alert.fingerprint)),
    )
  );
}
