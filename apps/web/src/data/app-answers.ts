import { roles, scopes } from '@binnacle/shared/access.ts';
import { z } from 'zod';

/** Answers of the web app's own routes under `/api/`. Times are ISO 8601, as JSON has them. */

const texts = z.record(z.string(), z.string());

const delivery = z.object({
  channel: z.string(),
  kind: z.string(),
  event: z.string(),
  state: z.enum(['queued', 'sent', 'dead', 'canceled']),
  attempts: z.number(),
  lastStatus: z.number().nullable(),
  lastError: z.string().nullable(),
  createdAt: z.string(),
  sentAt: z.string().nullable(),
  nextAttemptAt: z.string(),
});
export type Delivery = z.infer<typeof delivery>;

/** GET /api/alerts/history?from=…&to=… (ms) */
export const alertHistory = z.object({
  occurrences: z.array(
    z.object({
      id: z.string(),
      fingerprint: z.string(),
      state: z.enum(['pending', 'firing', 'resolved']),
      labels: texts,
      annotations: texts,
      valueText: z.string(),
      activeAt: z.string(),
      firedAt: z.string().nullable(),
      resolvedAt: z.string().nullable(),
      rule: z.object({
        id: z.string(),
        name: z.string(),
        layer: z.string(),
        severity: z.string(),
        expr: z.string(),
        forSeconds: z.number(),
      }),
      deliveries: z.array(delivery),
    }),
  ),
  /** There are more than were handed out. */
  truncated: z.boolean(),
});
export type AlertHistory = z.infer<typeof alertHistory>;
export type Occurrence = AlertHistory['occurrences'][number];

/** GET /api/alerts/rules */
export const alertRules = z.object({
  mayEdit: z.boolean(),
  rules: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      layer: z.string(),
      severity: z.string(),
      expr: z.string(),
      forSeconds: z.number(),
      intervalSeconds: z.number(),
      enabled: z.boolean(),
      builtin: z.boolean(),
      edited: z.boolean(),
      annotations: texts,
      lastEvaluatedAt: z.string().nullable(),
      lastDurationMs: z.number().nullable(),
      lastError: z.string().nullable(),
    }),
  ),
});
export type AlertRules = z.infer<typeof alertRules>;
export type RuleRow = AlertRules['rules'][number];

/** GET /api/sources/found */
export const foundSources = z.object({
  mayConsent: z.boolean(),
  found: z.array(
    z.object({
      id: z.string(),
      receiver: z.string(),
      name: z.string(),
      address: z.string(),
      needsConsent: z.boolean(),
      consentedAt: z.string().nullable(),
      consentedBy: z.string().nullable(),
      seenAt: z.string(),
    }),
  ),
});
export type FoundSources = z.infer<typeof foundSources>;
export type FoundRow = FoundSources['found'][number];

/** GET /api/settings/channels */
export const channelList = z.object({
  mayEdit: z.boolean(),
  mayTest: z.boolean(),
  channels: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.string(),
      minSeverity: z.string(),
      sendResolved: z.boolean(),
      enabled: z.boolean(),
      disabledReason: z.string().nullable(),
      createdAt: z.string(),
      last: z
        .object({
          state: z.enum(['queued', 'sent', 'dead', 'canceled']),
          attempts: z.number(),
          lastStatus: z.number().nullable(),
          lastError: z.string().nullable(),
          createdAt: z.string(),
          sentAt: z.string().nullable(),
        })
        .nullable(),
    }),
  ),
});
export type ChannelList = z.infer<typeof channelList>;
export type ChannelRow = ChannelList['channels'][number];

/** POST /api/settings/channels/:id/test: what the gateway says of the attempt. */
export const channelTest = z.object({
  ok: z.boolean(),
  status: z.number().nullable(),
  reason: z.string().nullable(),
  request: z.string(),
  answer: z.string(),
  durationMs: z.number(),
});
export type ChannelTest = z.infer<typeof channelTest>;

/** GET /api/settings/keys */
export const keyList = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      prefix: z.string(),
      scopes: z.array(z.enum(scopes)),
      createdAt: z.string(),
      lastUsedAt: z.string().nullable(),
      revokedAt: z.string().nullable(),
    }),
  ),
});
export type KeyRow = z.infer<typeof keyList>['keys'][number];

/** POST /api/settings/keys: the only time that the key itself is told. */
export const createdKey = z.object({ id: z.string(), key: z.string(), prefix: z.string() });

/** GET /api/settings/users */
export const userList = z.object({
  /** `local`: nobody signs in here. */
  mode: z.enum(['local', 'login']),
  users: z.array(
    z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.enum(roles), createdAt: z.string() }),
  ),
});
export type UserRow = z.infer<typeof userList>['users'][number];

/** Answer of a write that has nothing to say. */
export const done = z.object({ done: z.literal(true) });
