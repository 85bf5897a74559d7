import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { describe, expect, it } from 'vitest';
import {
  criticalPath,
  durationMs,
  failureOf,
  ganttOf,
  inDependencyOrder,
  matrices,
  runsOf,
  runsWithin,
  stepState,
  type Task,
} from './prepare.ts';

const task = (id: string, from: number | null, to: number | null, over: Partial<Task> = {}): Task => ({
  id,
  name: id,
  state: to !== null ? 'succeeded' : from === null ? 'pending' : 'running',
  startedAt: from,
  finishedAt: to,
  dependsOn: [],
  error: null,
  ...over,
});
const run = (over: Partial<PipelineRun> = {}): PipelineRun => ({
  id: 'r1',
  name: 'train-1',
  pipeline: 'train',
  namespace: '',
  state: 'succeeded',
  createdAt: 0,
  startedAt: 100,
  finishedAt: 1100,
  error: null,
  tasks: [],
  ...over,
});

describe('runsOf', () => {
  it('keeps the newest record of a run, newest run first, and counts what it cannot read', () => {
    const found = runsOf([
      { body: run({ state: 'failed' }) },
      { body: run({ state: 'running' }) },
      { body: run({ id: 'r2', startedAt: 5000 }) },
      { body: { id: 3 } },
    ]);
    expect(found.runs.map(({ id, state }) => `${id} ${state}`)).toEqual(['r2 succeeded', 'r1 failed']);
    expect(found.unreadable).toBe(1);
  });
});

describe('runsWithin', () => {
  it('takes what was under way, and what still is', () => {
    const within = runsWithin(
      [
        run({ id: 'before', finishedAt: 400 }),
        run({ id: 'into', finishedAt: 600 }),
        run({ id: 'still', state: 'running', finishedAt: null }),
        run({ id: 'ended at an unknown time', finishedAt: null }),
        run({ id: 'after', startedAt: 3000, finishedAt: 4000 }),
      ],
      { fromMs: 500, toMs: 2000 },
    );
    expect(within.map(({ id }) => id)).toEqual(['into', 'still']);
  });
});

describe('durationMs', () => {
  it('runs on while it runs, and is unknown where nobody says', () => {
    expect(durationMs(task('a', 100, 400), 900)).toBe(300);
    expect(durationMs(task('a', 100, null), 900)).toBe(800);
    expect(durationMs(task('a', 100, null, { state: 'failed' }), 900)).toBeNull();
    expect(durationMs(task('a', null, null), 900)).toBeNull();
  });
});

describe('steps', () => {
  const tasks = [
    task('report', 700, 1000, { dependsOn: ['slow', 'quick'] }),
    task('quick', 210, 300, { dependsOn: ['load'] }),
    task('slow', 205, 690, { dependsOn: ['load'] }),
    task('load', 100, 200),
  ];
  it('stand after what they depend on, and a circle does not hang', () => {
    expect(inDependencyOrder(tasks).map(({ id }) => id)).toEqual(['load', 'slow', 'quick', 'report']);
    const circle = [task('a', 1, 2, { dependsOn: ['b'] }), task('b', 3, 4, { dependsOn: ['a'] })];
    expect(inDependencyOrder(circle).map(({ id }) => id)).toEqual(['a', 'b']);
    expect([...criticalPath(circle, 9)]).toEqual(['b', 'a']);
  });
  it('the chain that decided is marked', () => {
    expect([...criticalPath(tasks, 2000)]).toEqual(['report', 'slow', 'load']);
  });
  it('are bars over the time of the run; one without times has none', () => {
    const { rows } = ganttOf(run({ tasks: [...tasks, task('omitted', null, null, { state: 'not_run' })] }), 9999);
    expect(rows.map(({ task: { id }, left, width }) => [id, left, width])).toEqual([
      ['load', 0, 0.1],
      ['omitted', null, 0],
      ['slow', 0.105, 0.485],
      ['quick', 0.11, 0.09],
      ['report', 0.6, 0.3],
    ]);
    expect(rows.find(({ task: { id } }) => id === 'report')?.dependsOn).toEqual(['slow', 'quick']);
  });
});

describe('matrices', () => {
  it('have a column per run, oldest first, and say how many are left out', () => {
    const runs = [3, 2, 1].map((n) =>
      run({ id: `r${n}`, startedAt: n * 1000, finishedAt: n * 1000 + n, tasks: [task('x', 1, 2)] }),
    );
    const [matrix] = matrices(runs, 2, 0);
    expect(matrix).toMatchObject({ pipeline: 'train', steps: ['x'], longestMs: 3, hidden: 1 });
    expect(matrix?.runs.map(({ id }) => id)).toEqual(['r2', 'r3']);
  });
  it('show the worst iteration of a step, and nothing where there is no such step', () => {
    const looped = run({ tasks: [task('a', 1, 2, { name: 'x' }), task('b', 1, 2, { name: 'x', state: 'failed' })] });
    expect(stepState(looped, 'x')).toBe('failed');
    expect(stepState(looped, 'y')).toBeNull();
  });
});

describe('failureOf', () => {
  it('names the step and its error, else the error of the run', () => {
    expect(failureOf(run({ tasks: [task('a', 1, 2, { state: 'failed', error: 'exit code 137' })] }))).toBe(
      'a: exit code 137',
    );
    expect(failureOf(run({ error: 'exit code 1', tasks: [task('a', 1, 2, { state: 'failed' })] }))).toBe(
      'a: exit code 1',
    );
    expect(failureOf(run({ error: 'quota' }))).toBe('quota');
    expect(failureOf(run())).toBeNull();
  });
});
