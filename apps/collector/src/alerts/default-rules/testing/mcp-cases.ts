import type { RuleCases } from './rule-case.ts';

export const mcpCases: RuleCases = {
  'mcp-tool-changed': {
    fires: ['binnacle_mcp_tool_pinned{server="tickets",tool="create_ticket"} 1x20 0x20'],
    says: 'Tool create_ticket of tickets is not what was approved',
    quiet: ['binnacle_mcp_tool_pinned{server="tickets",tool="get"} 1x40'],
    at: 315,
  },
  'mcp-context-budget': {
    fires: ['binnacle_mcp_server_tokens{server="a"} 15000x40', 'binnacle_mcp_server_tokens{server="b"} 8000x40'],
    says: 'Tool definitions take 23k tokens of every context',
    quiet: ['binnacle_mcp_server_tokens{server="a"} 9000x40'],
    at: 300,
  },
  'mcp-tool-shadowed': {
    fires: [
      'binnacle_mcp_tool_tokens{server="a",tool="search"} 90x40',
      'binnacle_mcp_tool_tokens{server="b",tool="search"} _x20 90x20',
    ],
    at: 300,
    says: `2 servers offer a tool called search; an agent may call the wrong one`,
    quiet: [
      'binnacle_mcp_tool_tokens{server="a",tool="search"} 90x40',
      'binnacle_mcp_tool_tokens{server="b",tool="find"} 90x40',
    ],
  },
  'mcp-tool-removed': {
    fires: ['binnacle_mcp_tool_changes_total{server="a",tool="search",change="removed"} 0x20 1x20'],
    at: 360,
    says: `Tool search of a went away within the last hour`,
    quiet: [
      'binnacle_mcp_tool_changes_total{server="a",tool="search",change="removed"} 0x40',
      'binnacle_mcp_tool_changes_total{server="a",tool="search",change="description"} 0x20 1x20',
    ],
  },
  'mcp-tool-large': {
    fires: ['binnacle_mcp_tool_tokens{server="a",tool="search"} 90x20 4000x20'],
    at: 360,
    says: `Tool search of a takes 4000 tokens of every context; under 3000 is normal`,
    quiet: ['binnacle_mcp_tool_tokens{server="a",tool="search"} 3000x40'],
  },
  'mcp-server-away': {
    fires: ['binnacle_mcp_server_tools{server="a"} 6x20 stale _x40'],
    at: 450,
    says: `MCP server a with its 6 tools does not answer any more`,
    quiet: ['binnacle_mcp_server_tools{server="a"} 6x60'],
  },
};
