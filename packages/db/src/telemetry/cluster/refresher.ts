interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What is asked for anew so that writes of other processes are found. */
export interface Refresher {
  /** Asks now; one at a time, who comes meanwhile waits for the one that runs. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Asks every `intervalMs`, counted from the end of the last time. A failure is said once until it works again. */
export function startRefresher(
  work: () => Promise<void>,
  { intervalMs, log }: { readonly intervalMs: number; readonly log: Log | undefined },
): Refresher {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failing = false;
  const refresh = () => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  };
  const again = () => {
    if (closed) return;
    timer = setTimeout(async () => {
      try {
        await refresh();
        if (failing) log?.info({}, 'series of other gateways are learnt again');
        failing = false;
      } catch (error) {
        if (!failing && !closed) log?.warn({ err: error }, 'series of other gateways could not be looked up');
        failing = true;
      }
      again();
    }, intervalMs);
    timer.unref();
  };
  again();
  return {
    refresh,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running?.catch(() => {});
    },
  };
}
