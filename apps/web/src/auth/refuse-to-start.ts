import { startupFault } from './mode.ts';

/** Ends the process with one sentence where the web app must not start. */
export function refuseToStart(): void {
  const fault = startupFault();
  if (fault === undefined) return;
  console.error(fault);
  process.exit(1);
}
