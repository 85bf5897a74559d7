import { countersBeginMs, type IncidentName, isActive, stepMs } from './scenario.ts';

/** The times of one demo: when it started decides where in the cycle of incidents every moment lies. */
export class DemoClock {
  readonly startedAtMs: number;
  /** Where counters begin; on the grid of steps. */
  readonly epochMs: number;
  /** Whether counters have a past. After a restart they have none: they begin at 0, as after a reboot. */
  readonly hasPast: boolean;

  constructor(startedAtMs: number, { restarted = false } = {}) {
    this.startedAtMs = startedAtMs;
    this.hasPast = !restarted;
    this.epochMs = Math.floor((startedAtMs - (restarted ? 0 : countersBeginMs)) / stepMs) * stepMs;
  }

  /** Number of the step that a moment lies in, counted from 1970, so that draws differ from one start to the next. */
  step(atMs: number): number {
    return Math.floor(atMs / stepMs);
  }

  /** Whether an incident is under way in the step of that moment. Whole steps: all sources change at once. */
  active(name: IncidentName, atMs: number): boolean {
    return isActive(name, this.step(atMs) * stepMs, this.startedAtMs);
  }
}
