import { readdir } from 'node:fs/promises';
import { request as openHttp } from 'node:http';
import { request as openHttps } from 'node:https';

/** Something that runs on this machine and is what it claims to be. */
export interface FoundTarget {
  readonly kind: 'dcgm-exporter' | 'node-exporter' | 'vllm' | 'gpud' | 'infiniband';
  /** URL or path, as a receiver's config wants it. */
  readonly address: string;
}

interface Candidate {
  readonly kind: FoundTarget['kind'];
  readonly url: string;
  /** Families that only this exporter has; a port alone proves nothing. */
  readonly proof: RegExp;
}

/** Where exporters listen by default. */
export const candidates: readonly Candidate[] = [
  { kind: 'dcgm-exporter', url: 'http://127.0.0.1:9400/metrics', proof: /^DCGM_FI_[A-Z0-9_]+[ {]/m },
  {
    kind: 'node-exporter',
    url: 'http://127.0.0.1:9100/metrics',
    proof: /^node_(exporter_build_info|cpu_seconds_total|uname_info)\{/m,
  },
  { kind: 'vllm', url: 'http://127.0.0.1:8000/metrics', proof: /^vllm:[a-z_]+[ {]/m },
  { kind: 'gpud', url: 'https://127.0.0.1:15132/metrics', proof: /^(gpud_|accelerator_nvidia_)[a-z_]+[ {]/m },
];

const maxBytes = 4 * 1024 * 1024;

/** Asks every candidate at once, each within the time limit; what does not answer, or answers as something else, is not found. */
export async function findTargets(
  options: { readonly timeoutMs?: number; readonly sysfsRoot?: string; readonly among?: readonly Candidate[] } = {},
): Promise<FoundTarget[]> {
  const { timeoutMs = 800, sysfsRoot = '/sys', among = candidates } = options;
  const asked = among.map(async ({ kind, url, proof }) => {
    const text = await fetchText(url, timeoutMs).catch(() => '');
    return proof.test(text) ? { kind, address: url } : undefined;
  });
  const found = await Promise.all([...asked, findInfiniband(sysfsRoot)]);
  return found.filter((target) => target !== undefined);
}

async function findInfiniband(sysfsRoot: string): Promise<FoundTarget | undefined> {
  const devices = await readdir(`${sysfsRoot}/class/infiniband`).catch(() => []);
  return devices.length === 0 ? undefined : { kind: 'infiniband', address: sysfsRoot };
}

function fetchText(url: string, timeoutMs: number): Promise<string> {
  const secure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    // gpud serves a certificate that it signed itself; nothing is sent to it, and it is on loopback.
    const asked = (secure ? openHttps : openHttp)(
      url,
      { signal, agent: false, ...(secure ? { rejectUnauthorized: false } : {}) },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          reject(new Error('not found'));
          return;
        }
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > maxBytes) response.destroy();
        });
        response.on('close', () => resolve(text));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
