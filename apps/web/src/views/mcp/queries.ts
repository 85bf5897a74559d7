import type { Expression } from '#data/hooks.ts';

/** Tools are listed every five minutes unless configured otherwise; a value holds until the next list. */
const hold = '10m';

/** What the newest lists say of tools and servers, by name of the metric. */
export const newestLists: Expression = ({ cluster }) =>
  `last_over_time({__name__=~"binnacle_mcp_(tool_tokens|tool_pinned|server_info)",${cluster}}[${hold}])`;

export const serverTokens: Expression = ({ cluster }) =>
  `sum by (server) (last_over_time(binnacle_mcp_server_tokens{${cluster}}[${hold}]))`;
