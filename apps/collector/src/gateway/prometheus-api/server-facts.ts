import type { PolledTargets, SourceStatus } from '../../receivers/receiver.ts';

/** What `status/buildinfo` says; Grafana reads `version` to see what the server can do. */
export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly goVersion: string;
}

/** What the API tells of the gateway that it is part of. */
export interface ServerFacts {
  readonly buildInfo: BuildInfo;
  /** ms since 1970 */
  readonly startedAtMs: number;
  /** Days that samples are kept. */
  readonly retentionDays: number;
  /** Settings under the names of Prometheus' flags, where they mean the same. */
  readonly flags: Readonly<Record<string, string>>;
  /** The config in use; what it holds of secrets is taken out before it is shown. */
  readonly config: unknown;
  /** Every source of the gateway, as the Sources page shows it. */
  sources(): readonly SourceStatus[];
  /** Targets of receivers that find them, by the receiver's name; their sources are not targets besides. */
  targets?(): ReadonlyMap<string, PolledTargets>;
  /** Rejects while the telemetry store does not answer. */
  ready(): Promise<void>;
}
