import { close, open, read } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CounterFile, counterFolders } from './counters.ts';

/** A port as sysfs shows it. `null`: the file is missing, unreadable or says that it does not know. */
export interface PortReading {
  readonly port: string;
  readonly linkLayer: string | null;
  readonly stateId: number | null;
  readonly physicalStateId: number | null;
  readonly rateBytesPerSecond: number | null;
  readonly lifespanSeconds: number | null;
  /** Files that are there but do not read as the kernel writes them. */
  readonly unreadable: readonly string[];
  /** Without the prefix `node_infiniband_` and the suffix `_total`; only what is known. */
  readonly counters: ReadonlyMap<string, number>;
}

export interface DeviceReading {
  readonly device: string;
  readonly boardId: string;
  readonly firmwareVersion: string;
  readonly hcaType: string;
  readonly ports: readonly PortReading[];
  /** What could not be read, as sentences; the rest of the device still counts. */
  readonly problems: readonly string[];
}

/** As the kernel's one-line attributes are read elsewhere: one read of this many bytes; the longest is far shorter. */
const attributeBytes = 128;
const saturated32 = 4_294_967_295n;

/** Names of the InfiniBand and RoCE devices below a sysfs root; rejects when the folder cannot be listed. */
export async function listDevices(root: string): Promise<string[]> {
  return (await readdir(join(root, 'class/infiniband'))).sort();
}

/** Reads one device. Never throws: a port or file that fails is left out, so it cannot take the others along. */
export async function readDevice(root: string, device: string): Promise<DeviceReading> {
  const folder = join(root, 'class/infiniband', device);
  const problems: string[] = [];
  const [boardId, firmwareVersion, hcaType] = await Promise.all([
    readAttribute(join(folder, 'board_id')),
    readAttribute(join(folder, 'fw_ver')),
    readAttribute(join(folder, 'hca_type')),
  ]);
  let portNames: string[] = [];
  try {
    portNames = (await readdir(join(folder, 'ports'))).sort((a, b) => Number(a) - Number(b));
  } catch {
    problems.push(`${device}: its ports cannot be listed.`);
  }
  const ports: PortReading[] = [];
  for (const port of portNames) {
    const reading = await readPort(join(folder, 'ports', port), port);
    if (reading.unreadable.length > 0)
      problems.push(`${device} port ${port}: cannot make sense of ${reading.unreadable.join(', ')}.`);
    ports.push(reading);
  }
  return {
    device,
    boardId: boardId ?? '',
    firmwareVersion: firmwareVersion ?? '',
    hcaType: hcaType ?? '',
    ports,
    problems,
  };
}

async function readPort(folder: string, port: string): Promise<PortReading> {
  const [linkLayer, state, physicalState, rate, lifespan] = await Promise.all(
    ['link_layer', 'state', 'phys_state', 'rate', 'hw_counters/lifespan'].map((file) =>
      readAttribute(join(folder, file)),
    ),
  );
  const counters = new Map<string, number>();
  for (const [subfolder, table] of counterFolders) {
    for (const file of await listed(join(folder, subfolder))) {
      const known = table[file];
      if (known === undefined) continue;
      const value = counterValue(await readAttribute(join(folder, subfolder, file)), known);
      if (value !== null) counters.set(known.name, value);
    }
  }
  const lifespanMs = wholeNumber(lifespan);
  const stateId = leadingId(state);
  const physicalStateId = leadingId(physicalState);
  const bytesPerSecond = rateBytesPerSecond(rate);
  const unreadable: string[] = [];
  if (stateId === null) unreadable.push('state');
  if (physicalStateId === null && physicalState != null) unreadable.push('phys_state');
  if (bytesPerSecond === null && rate != null) unreadable.push('rate');
  return {
    port,
    linkLayer: linkLayer ?? null,
    unreadable,
    stateId,
    physicalStateId,
    rateBytesPerSecond: bytesPerSecond,
    // Milliseconds; a division of whole numbers would make 10 ms a 0.
    lifespanSeconds: lifespanMs === null ? null : Number(lifespanMs) / 1000,
    counters,
  };
}

async function listed(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/**
 * First line of an attribute; null where it is missing or the driver refuses (EINVAL, EPERM, EOPNOTSUPP, …). Never
 * blocks: a counter may be a question to the adapter's firmware. Plain callbacks, because there are thousands of these
 * files and a FileHandle for each costs more than the reading.
 */
function readAttribute(path: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  open(path, 'r', (failed, file) => {
    if (failed !== null) {
      resolve(null);
      return;
    }
    const buffer = Buffer.allocUnsafe(attributeBytes);
    read(file, buffer, 0, attributeBytes, 0, (refused, length) => {
      close(file, () => {});
      const text = refused === null ? (buffer.toString('utf8', 0, length).split('\n', 1)[0]?.trim() ?? '') : '';
      resolve(text === '' ? null : text);
    });
  });
  return promise;
}

function wholeNumber(text: string | null | undefined): bigint | null {
  return text !== null && text !== undefined && /^\d+$/.test(text) ? BigInt(text) : null;
}

/**
 * Value of a counter file as the nearest float64. Whole numbers are multiplied before they become floats: four times
 * a large count of words passes 2^53. "N/A (no PMA)" and a saturated 32-bit counter are unknown.
 */
export function counterValue(text: string | null, file: CounterFile): number | null {
  const value = wholeNumber(text);
  if (value === null) return null;
  if (file.saturates && value === saturated32) return null;
  return Number(file.words ? value * 4n : value);
}

/** The number of "4: ACTIVE". */
export function leadingId(text: string | null | undefined): number | null {
  const match = /^(\d+):/.exec(text ?? '');
  return match === null ? null : Number(match[1]);
}

/** Bytes per second of "400 Gb/sec (4X NDR)" and "2.5 Gb/sec (1X SDR)". */
export function rateBytesPerSecond(text: string | null | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?) Gb\/sec/.exec(text ?? '');
  return match === null ? null : Number(match[1]) * 125e6;
}
