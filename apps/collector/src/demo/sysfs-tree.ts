import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FabricSimulator, PortReading } from './fabric-state.ts';
import { draw, seedOf } from './noise.ts';
import { hcaDevices, nodes } from './scenario.ts';

/**
 * `/sys/class/infiniband` of every node as files below `<folder>/<node>`, layout of the kernel's
 * `Documentation/ABI/stable/sysfs-class-infiniband`. A file is replaced by rename, so a reader sees the old or the new
 * value and never half of one; only files whose text changed are written.
 */
export class SysfsTree {
  readonly #folder: string;
  readonly #written = new Map<string, string>();
  readonly #temporary: string;

  /** Removes what an earlier start left in the folder. */
  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.#temporary = join(folder, '.next');
    for (const node of nodes) {
      for (const [rail, device] of hcaDevices.entries()) {
        const base = join(folder, node, 'class/infiniband', device);
        mkdirSync(join(base, 'ports/1/counters'), { recursive: true });
        mkdirSync(join(base, 'ports/1/hw_counters'), { recursive: true });
        const guid = draw(seedOf(`${node} ${device}`), rail)
          .toString(16)
          .padStart(8, '0');
        this.#put(join(base, 'board_id'), 'MT_0000000838');
        this.#put(join(base, 'fw_ver'), '28.43.2026');
        this.#put(join(base, 'hca_type'), 'MT4129');
        this.#put(join(base, 'node_guid'), `a088:c203:00${guid.slice(0, 2)}:${guid.slice(2, 6)}`);
        this.#put(join(base, 'ports/1/link_layer'), 'InfiniBand');
      }
    }
  }

  /** What the infiniband receiver of a node is given as `root`. */
  rootOf(node: string): string {
    return join(this.#folder, node);
  }

  /** Brings every file up to a moment. */
  write(fabric: FabricSimulator, atMs: number): void {
    for (const [index, port] of fabric.ports(atMs).entries()) {
      const node = nodes[Math.floor(index / hcaDevices.length)] as string;
      const device = hcaDevices[index % hcaDevices.length] as string;
      this.#writePort(join(this.rootOf(node), 'class/infiniband', device, 'ports/1'), port);
    }
  }

  #writePort(folder: string, port: PortReading): void {
    this.#put(`${folder}/state`, port.state);
    this.#put(`${folder}/phys_state`, port.physicalState);
    this.#put(`${folder}/rate`, port.rate);
    for (const [name, value] of Object.entries(port.counters)) this.#put(`${folder}/counters/${name}`, String(value));
    for (const [name, value] of Object.entries(port.hardwareCounters))
      this.#put(`${folder}/hw_counters/${name}`, String(value));
  }

  #put(path: string, text: string): void {
    if (this.#written.get(path) === text) return;
    writeFileSync(this.#temporary, `${text}\n`);
    renameSync(this.#temporary, path);
    this.#written.set(path, text);
  }
}
