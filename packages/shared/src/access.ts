/**
 * Who may do this: the one answer, for people and machines alike, without dependencies.
 * People have a role; an API key has scopes; a process bound to loopback without authentication acts as `admin`.
 */
export const roles = ['viewer', 'editor', 'admin'] as const;
export type Role = (typeof roles)[number];

export const scopes = ['write', 'read', 'alerts', 'maintain'] as const;
export type Scope = (typeof scopes)[number];

export type Action =
  | 'telemetry:read'
  | 'telemetry:write'
  | 'alerts:read'
  | 'alerts:edit'
  | 'channels:edit'
  | 'channels:test'
  | 'sources:read'
  | 'sources:consent'
  | 'keys:manage'
  | 'data:delete'
  | 'data:backup'
  | 'users:manage';

export type Principal =
  | { readonly kind: 'person'; readonly id: string; readonly name: string; readonly role: Role }
  | { readonly kind: 'key'; readonly id: string; readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'local' };

const byRole: Record<Role, readonly Action[]> = {
  viewer: ['telemetry:read', 'alerts:read', 'sources:read'],
  editor: ['telemetry:read', 'alerts:read', 'sources:read', 'alerts:edit', 'channels:test'],
  admin: [
    'telemetry:read',
    'telemetry:write',
    'alerts:read',
    'alerts:edit',
    'channels:edit',
    'channels:test',
    'sources:read',
    'sources:consent',
    'keys:manage',
    'data:delete',
    'data:backup',
    'users:manage',
  ],
};

const byScope: Record<Scope, readonly Action[]> = {
  write: ['telemetry:write'],
  read: ['telemetry:read', 'alerts:read', 'sources:read'],
  alerts: ['alerts:read', 'alerts:edit'],
  maintain: ['data:delete', 'data:backup'],
};

/** Whether the principal may do the action. Nobody (`undefined`) may do nothing. */
export function may(principal: Principal | undefined, action: Action): boolean {
  if (principal === undefined) return false;
  if (principal.kind === 'local') return true;
  if (principal.kind === 'person') return byRole[principal.role].includes(action);
  return principal.scopes.some((scope) => byScope[scope].includes(action));
}
