import type { Metadata } from 'next';
import { McpView } from '#views/mcp/view.tsx';

export const metadata: Metadata = { title: 'MCP' };

export default function Page() {
  return <McpView />;
}
