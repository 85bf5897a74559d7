/** How to connect what a page shows: the exact lines for the configuration file and the command that uses them. */
export interface Guide {
  /** What becomes visible, as the end of "To see …". */
  readonly see: string;
  /** Receivers that can bring it; also used to find why a panel is empty. */
  readonly receivers: readonly string[];
  readonly steps: string;
  /** Lines for `binnacle.yaml`. */
  readonly yaml: string;
  readonly command: string;
}
