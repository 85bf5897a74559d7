import { beforeEach, expect, it } from 'vitest';
import type { Instance } from './instances.ts';
import { mergeOpenInstances } from './merge-instances.ts';

const instance = (id: string, more: Partial<Instance> = {}): Instance => ({
  id,
  ruleId: 'rule',
  fingerprint: 'f',
  state: 'pending',
  labels: {},
  annotations: {},
  value: 1,
  activeAtMs: 100,
  firedAtMs: null,
  resolvedAtMs: null,
  seen: false,
  saved: true,
  events: [],
  version: 1,
  ...more,
});
const event = (kind: 'firing' | 'resolved') => ({ event: kind }) as Instance['events'][number];

let open: Map<string, Map<string, Instance>>;
let unsaved: Set<Instance>;
beforeEach(() => {
  open = new Map();
  unsaved = new Set();
});
const remember = (...instances: Instance[]) => {
  for (const one of instances) open.set(one.ruleId, new Map([[one.fingerprint, one]]));
};
const known = () => open.get('rule')?.get('f');
const merge = (rows: Instance[], vanished: string[] = []) => mergeOpenInstances(rows, open, unsaved, new Set(vanished));

it('takes over what only Postgres has', () => {
  merge([instance('a', { state: 'firing' })]);
  expect(known()).toMatchObject({ id: 'a', state: 'firing', seen: false });
});

it('drops what another evaluator ended meanwhile', () => {
  remember(instance('a', { state: 'firing', seen: true }));
  merge([]);
  expect(known()).toBeUndefined();
});

it('keeps what began here and was not written yet', () => {
  const mine = instance('a', { saved: false });
  remember(mine);
  unsaved.add(mine);
  merge([]);
  expect(known()).toBe(mine);
});

it('does not bring back what ended or vanished here', () => {
  unsaved.add(instance('a', { state: 'resolved' }));
  merge([instance('a', { state: 'firing' }), instance('b', { fingerprint: 'g' })], ['b']);
  expect(open.get('rule')?.size).toBe(0);
});

it('joins an alert that began here and at another evaluator, and tells of its fire once', () => {
  const mine = instance('mine', {
    state: 'firing',
    saved: false,
    activeAtMs: 200,
    firedAtMs: 230,
    events: [event('firing')],
  });
  remember(mine);
  unsaved.add(mine);
  merge([instance('theirs', { state: 'firing', firedAtMs: 130 })]);
  expect(known()).toMatchObject({ id: 'theirs', state: 'firing', activeAtMs: 100, firedAtMs: 130, events: [] });
  expect(unsaved.size).toBe(1);
});

it('keeps apart an occurrence that ended here and a new one of the same labels', () => {
  const ended = instance('old', { state: 'resolved', events: [event('resolved')] });
  const begun = instance('new', { saved: false });
  remember(begun);
  unsaved.add(ended).add(begun);
  merge([instance('old', { state: 'firing' })]);
  expect(known()).toBe(begun);
  expect(begun.id).toBe('new');
});
