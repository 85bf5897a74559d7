import { listFoundSources } from '@binnacle/db/state/found-sources.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import type { Logger } from 'pino';
import { mcpAddress, mcpReceiverConfig } from '../discover/discover.ts';
import type { ConfiguredServer } from '../discover/mcp-clients.ts';

/** The receivers' config of the MCP servers that somebody agreed to. */
export async function consentedReceivers(
  state: State,
  servers: readonly ConfiguredServer[],
): Promise<Readonly<Record<string, unknown>>> {
  const agreed = await agreedAddresses(state);
  return mcpReceiverConfig(servers.filter((server) => agreed.has(mcpAddress(server))));
}

const intervalMs = 3000;

/** Calls `onChange` whenever a consent was given or withdrawn. Returns how to end it. */
export function untilConsentChanges(state: State, log: Logger, onChange: () => Promise<void>): () => Promise<void> {
  let known: string | undefined;
  let looking: Promise<void> | undefined;
  const look = async () => {
    const now = [...(await agreedAddresses(state))].sort().join('\n');
    const before = known;
    known = now;
    if (before !== undefined && before !== now) await onChange();
  };
  const tick = () => {
    looking ??= look()
      .catch((error: unknown) => log.debug({ err: error }, 'consent could not be read'))
      .finally(() => {
        looking = undefined;
      });
  };
  tick();
  const timer = setInterval(tick, intervalMs);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

async function agreedAddresses(state: State): Promise<Set<string>> {
  const found = await listFoundSources(state);
  return new Set(
    found
      .filter(({ receiver, consentedAt }) => receiver === 'mcp' && consentedAt !== null)
      .map(({ address }) => address),
  );
}
