/** What is told of a name: in the completion's side panel and on hover. */
export interface Card {
  /** How it is written: `rate(range range vector): instant vector`. */
  readonly head: string;
  readonly text: string;
  readonly example: string | undefined;
  /** What else a writer must know: experimental, off. */
  readonly remark: string | undefined;
}
