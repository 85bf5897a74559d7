import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, describe as group, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../config/config-file.ts';
import { describe, mcpReceiverConfig } from './discover.ts';
import { clientFiles, findMcpServers } from './mcp-clients.ts';
import { candidates, findTargets } from './probes.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'binnacle-discover-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function serving(text: string | undefined): Promise<string> {
  const server = createServer((_request, response) => {
    if (text !== undefined) response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

const proofs = Object.fromEntries(candidates.map(({ kind, proof }) => [kind, proof]));

group('looking for exporters', () => {
  const expositions: [string, string][] = [
    ['dcgm-exporter', '# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).\nDCGM_FI_DEV_GPU_UTIL{gpu="0"} 97\n'],
    ['node-exporter', 'node_uname_info{machine="x86_64"} 1\n'],
    ['vllm', 'vllm:num_requests_running{model_name="m"} 2.0\n'],
  ];
  it.each(expositions)(
    'finds a %s by what only it exposes, and not another program at its port',
    async (kind, text) => {
      const among = [
        { kind: kind as 'vllm', url: await serving(text), proof: proofs[kind]! },
        { kind: kind as 'vllm', url: await serving('<html>another program</html>'), proof: proofs[kind]! },
      ];
      const found = await findTargets({ among, sysfsRoot: '/no/such/root' });
      expect(found).toEqual([{ kind, address: among[0]!.url }]);
    },
  );

  it('does not wait for one that hangs', async () => {
    const among = [{ kind: 'vllm' as const, url: await serving(undefined), proof: proofs.vllm! }];
    expect(await findTargets({ among, timeoutMs: 50, sysfsRoot: '/no/such/root' })).toEqual([]);
  });

  it('makes a config of them that the receivers accept', async () => {
    const root = await temporary();
    await mkdir(path.join(root, 'class/infiniband/mlx5_0'), { recursive: true });
    const [infiniband] = await findTargets({ among: [], sysfsRoot: root });
    const { receivers, findings } = describe(
      [
        infiniband!,
        { kind: 'dcgm-exporter', address: 'http://127.0.0.1:9400/metrics' },
        { kind: 'node-exporter', address: 'http://127.0.0.1:9100/metrics' },
        { kind: 'vllm', address: 'http://127.0.0.1:8000/metrics' },
      ],
      [],
    );
    const { definitions } = await parseConfig(stringify({ receivers }), 'found.yaml', {});
    expect(definitions.map(({ name }) => name)).toEqual(['scrape', 'infiniband']);
    expect(findings.map(({ needsConsent }) => needsConsent)).toEqual([false, false, false, false]);
  });
});

group('MCP servers of the clients', () => {
  it('are listed with their client, and their secrets stay out of the findings', async () => {
    const home = await temporary();
    const write = async (file: string, content: unknown) => {
      await mkdir(path.dirname(path.join(home, file)), { recursive: true });
      await writeFile(path.join(home, file), typeof content === 'string' ? content : JSON.stringify(content));
    };
    await write('.cursor/mcp.json', {
      mcpServers: {
        files: { command: '/usr/bin/npx', args: ['-y', 'files', '--token', 'hunter2'], env: { KEY: 'hunter2' } },
      },
    });
    await write('.config/Code/User/mcp.json', {
      servers: { remote: { type: 'http', url: 'https://mcp.example/x?key=hunter2' } },
    });
    await write('.codeium/windsurf/mcp_config.json', '{ not json');
    await write('.claude.json', { mcpServers: { broken: { nothing: true } } });
    const servers = await findMcpServers(clientFiles(home, path.join(home, 'folder'), 'linux'));
    expect(servers.map(({ client, name }) => `${client}: ${name}`)).toEqual(['Cursor: files', 'VS Code: remote']);
    const { findings, receivers } = describe([], servers);
    expect(receivers).toEqual({});
    const { definitions } = await parseConfig(
      stringify({ receivers: mcpReceiverConfig(servers) }),
      'consented.yaml',
      {},
    );
    expect(definitions.map(({ name }) => name)).toEqual(['mcp']);
    expect(findings.every(({ needsConsent }) => needsConsent)).toBe(true);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});
