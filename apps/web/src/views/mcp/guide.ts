import type { Guide } from '#panel/guide.ts';

export const mcpGuide: Guide = {
  see: 'what tools cost and whether they change',
  receivers: ['mcp', 'remote-write', 'otlp'],
  steps:
    'name your MCP servers. Binnacle lists their tools and calls none. A server that is a program is started only with consent: true. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  mcp:
    servers:
      - name: repo-tools
        url: https://tools.example.com/mcp
        tokenFile: /run/secrets/repo-tools
        labels: { cluster: my-cluster }
      - name: files
        command: npx
        args: ["-y", "@modelcontextprotocol/server-filesystem", "/data"]
        consent: true
        labels: { cluster: my-cluster }`,
  command: 'npx binnacle agent --config binnacle.yaml --gateway http://gateway:4318',
};
