import { describe, expect, it } from 'vitest';
import type { AlertHistory } from '#data/app-answers.ts';
import type { ActiveAlert } from '#data/prometheus.ts';
import {
  type AlertRow,
  alertGroups,
  alertRows,
  namesOf,
  neighbours,
  ownLabels,
  pageOf,
  phasesOf,
  seriesOf,
} from './prepare.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();
const ms = (minute: number) => Date.parse(at(minute));

const occurrence = (over: object = {}): AlertHistory['occurrences'][number] => ({
  id: 'one',
  fingerprint: 'f',
  state: 'firing',
  labels: { alertname: 'GPU hot', severity: 'warning', gpu: '3', cluster: 'a' },
  annotations: {},
  valueText: '91',
  activeAt: at(0),
  firedAt: at(1),
  resolvedAt: null,
  rule: { id: 'r', name: 'GPU hot', layer: 'gpu', severity: 'warning', expr: 'x > 84', forSeconds: 60 },
  deliveries: [],
  ...over,
});
const live: ActiveAlert = {
  labels: { cluster: 'a', gpu: '3', severity: 'warning', alertname: 'GPU hot' },
  annotations: { summary: 'hot' },
  state: 'firing',
  activeAt: at(0),
  value: '93',
  layer: 'gpu',
  expr: 'x > 84',
};
const history = (...occurrences: AlertHistory['occurrences']): AlertHistory => ({ occurrences, truncated: false });
const row = (over: Partial<AlertRow> = {}): AlertRow => ({
  ...(alertRows(history(occurrence()), undefined)[0] as AlertRow),
  ...over,
});

describe('alertRows', () => {
  it('joins what fires now with what is kept of it', () => {
    const rows = alertRows(history(occurrence()), [live]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: 'one',
      value: 93,
      firedAt: ms(1),
      annotations: { summary: 'hot' },
      deliveries: [],
    });
  });
  it('believes the gateway that an alert is over, and keeps what is resolved', () => {
    const resolved = occurrence({ id: 'old', state: 'resolved', resolvedAt: at(5) });
    expect(alertRows(history(occurrence(), resolved), []).map(({ id }) => id)).toEqual(['old']);
  });
  it('shows what fires while the history is away, and what is kept while the gateway is', () => {
    expect(alertRows(undefined, [live])[0]).toMatchObject({ deliveries: null, firedAt: null });
    expect(alertRows(history(occurrence()), undefined).map(({ id }) => id)).toEqual(['one']);
  });
});

describe('alertGroups', () => {
  it('puts the worst first and the resolved last', () => {
    const rows = [
      row({ id: 'resolved', state: 'resolved', resolvedAt: ms(3) }),
      row({ id: 'info', severity: 'info' }),
      row({ id: 'pending', state: 'pending', severity: 'critical' }),
      row({ id: 'critical', severity: 'critical', layer: 'fabric' }),
      row({ id: 'older', activeAt: ms(-5) }),
      row({ id: 'newer' }),
    ];
    expect(alertGroups(rows).map((group) => group.rows.map(({ id }) => id))).toEqual([
      ['critical'],
      ['newer', 'older'],
      ['info'],
      ['pending'],
      ['resolved'],
    ]);
  });
});

describe('phasesOf', () => {
  it('draws pending, then firing until now, cut at the range', () => {
    const phases = phasesOf([row()], { fromMs: ms(-10), toMs: ms(10) }, ms(8));
    expect(phases.map(({ state, left, width }) => [state, left, width])).toEqual([
      ['pending', 0.5, 0.05],
      ['firing', 0.55, expect.closeTo(0.35)],
    ]);
  });
  it('draws nothing of an alert whose times are not known', () => {
    expect(phasesOf([row({ activeAt: null, firedAt: null })], { fromMs: 0, toMs: ms(10) }, ms(8))).toEqual([]);
  });
});

describe('one alert', () => {
  it('names its own labels, its page, its series and its neighbours', () => {
    expect(ownLabels(row())).toEqual(['gpu=3']);
    expect(pageOf(row({ annotations: { page: '//elsewhere.example' } }))).toBe('/gpus');
    expect(pageOf(row({ annotations: { page: '/gpus?gpu=a' } }))).toBe('/gpus?gpu=a');
    const series = [
      { gpu: '3', __name__: 'x' },
      { gpu: '4', __name__: 'x' },
    ].map((labels) => ({ labels, times: [], values: [] }));
    expect(seriesOf({ series, fromMs: 0, toMs: 1, stepSeconds: 1, warnings: [] }, row())).toEqual([series[0]]);
    const others = [
      row(),
      row({ id: 'near', activeAt: ms(4), labels: { alertname: 'b', cluster: 'a' } }),
      row({ id: 'far', activeAt: ms(40), labels: { alertname: 'c', cluster: 'a' } }),
      row({ id: 'elsewhere', labels: { alertname: 'd', cluster: 'b' } }),
    ];
    expect(neighbours(row(), others).map(({ id }) => id)).toEqual(['near']);
  });
});

describe('namesOf', () => {
  it('names lines by what tells them apart', () => {
    const series = (...all: Record<string, string>[]) => all.map((labels) => ({ labels, times: [], values: [] }));
    expect(namesOf(series({ gpu: '1', code: '63' }, { gpu: '1' }), 'measured')).toEqual(['code=63', 'no code']);
    expect(namesOf(series({ gpu: '1' }), 'measured')).toEqual(['measured']);
  });
});
