import type { GatewayError } from './gateway-error.ts';

/** One question of a page and what became of it. `data` outlives a failed refresh: the last good answer. */
export interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: GatewayError | undefined;
  /** Nothing has come yet. */
  readonly loading: boolean;
  readonly fetching: boolean;
  /** When `data` came, ms since 1970; 0 before. */
  readonly updatedAtMs: number;
  /** The PromQL asked, for Explore; undefined for records and the like. */
  readonly expr: string | undefined;
  readonly retry: () => void;
}
