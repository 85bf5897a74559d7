import { describe, expect, it } from 'vitest';
import { type Action, may, type Principal, type Scope } from './access.ts';

const everything: Action[] = [
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
];
const person = (role: 'viewer' | 'editor' | 'admin'): Principal => ({ kind: 'person', id: '1', name: 'p', role });
const key = (...scopes: Scope[]): Principal => ({ kind: 'key', id: '1', name: 'k', scopes });

describe('who may do this', () => {
  it.each<[string, Principal | undefined, Action[]]>([
    ['nobody', undefined, []],
    ['a viewer', person('viewer'), ['telemetry:read', 'alerts:read', 'sources:read']],
    ['an editor', person('editor'), ['telemetry:read', 'alerts:read', 'sources:read', 'alerts:edit', 'channels:test']],
    ['an administrator', person('admin'), everything],
    ['a local user', { kind: 'local' }, everything],
    ['a key to write', key('write'), ['telemetry:write']],
    ['a key to read', key('read'), ['telemetry:read', 'alerts:read', 'sources:read']],
    ['a key for alerts', key('alerts'), ['alerts:read', 'alerts:edit']],
    ['a key to maintain', key('maintain'), ['data:delete', 'data:backup']],
    ['a key without scopes', key(), []],
  ])('%s', (_, principal, allowed) => {
    expect(everything.filter((action) => may(principal, action))).toEqual(
      everything.filter((a) => allowed.includes(a)),
    );
  });
});
