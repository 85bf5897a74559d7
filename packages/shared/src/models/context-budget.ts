/**
 * Question: how much of a model's context window do the definitions of the connected tools take before the first word?
 *
 * Formula: share = Σ tokens / window; free = window − Σ tokens − reserved for the answer. Tokens are counted with
 * o200k_base over the compact JSON of name, description and inputSchema (`tool-tokens.ts`), the method of public
 * comparisons; the providers' own counts differ by 10–20 % and add a fixed preamble. Show the method beside the number.
 *
 * Inputs: tokens per server and tool, window and reserve in tokens.
 *
 * Assumptions: the client sends every definition with every request. Clients with tool search send fewer.
 *
 * Unknown: without a window there is a sum but no share (undefined); a server whose tools were not listed is not 0
 * tokens: leave it out of `tools` and name it in `unlisted`, and the sums say that they are lower bounds.
 */
export interface ToolCost {
  readonly server: string;
  readonly tool: string;
  readonly tokens: number;
}

export interface ContextBudgetInput {
  readonly tools: readonly ToolCost[];
  readonly windowTokens?: number;
  readonly reservedTokens?: number;
  /** Servers that are configured but did not list their tools. */
  readonly unlisted?: readonly string[];
}

export interface ContextBudget {
  readonly totalTokens: number;
  /** true where `unlisted` is not empty: the real sum is higher. */
  readonly lowerBound: boolean;
  readonly windowShare: number | undefined;
  /** Below zero when the definitions do not fit. */
  readonly freeTokens: number | undefined;
  /** Largest first. */
  readonly servers: readonly {
    readonly server: string;
    readonly tools: number;
    readonly tokens: number;
    readonly windowShare: number | undefined;
  }[];
}

/** Window sizes that pages offer for comparison, in tokens. */
export const commonWindows = [32_768, 131_072, 200_000, 1_000_000] as const;

export function contextBudget({
  tools,
  windowTokens,
  reservedTokens = 0,
  unlisted = [],
}: ContextBudgetInput): ContextBudget {
  const window = windowTokens !== undefined && windowTokens > 0 ? windowTokens : undefined;
  const byServer = new Map<string, { tools: number; tokens: number }>();
  let totalTokens = 0;
  for (const { server, tokens } of tools) {
    const sums = byServer.get(server) ?? { tools: 0, tokens: 0 };
    sums.tools += 1;
    sums.tokens += tokens;
    totalTokens += tokens;
    byServer.set(server, sums);
  }
  const share = (tokens: number) => (window === undefined ? undefined : tokens / window);
  return {
    totalTokens,
    lowerBound: unlisted.length > 0,
    windowShare: share(totalTokens),
    freeTokens: window === undefined ? undefined : window - totalTokens - reservedTokens,
    servers: [...byServer]
      .map(([server, sums]) => ({ server, ...sums, windowShare: share(sums.tokens) }))
      .sort((a, b) => b.tokens - a.tokens || (a.server < b.server ? -1 : 1)),
  };
}
