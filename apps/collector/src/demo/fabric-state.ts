import type { DemoClock } from './clock.ts';
import { bell, draw, seedOf } from './noise.ts';
import { hcaDevices, incident, nodes, portBytesPerSecond, portRateText, stepMs } from './scenario.ts';
import { SteppedCounters } from './stepped-counters.ts';
import { bytesPerPortPerStep, flappingPort, type PortCondition, trainingState } from './training-state.ts';

/** Counters of a port that move, in the order of the vector; those that never move are `still`. */
const moving = [
  'port_rcv_data',
  'port_xmit_data',
  'port_rcv_packets',
  'port_xmit_packets',
  'unicast_rcv_packets',
  'unicast_xmit_packets',
  'port_xmit_wait',
  'symbol_error',
  'link_error_recovery',
  'link_downed',
  'port_rcv_errors',
  'port_xmit_discards',
] as const;

const still = [
  'multicast_rcv_packets',
  'multicast_xmit_packets',
  'port_rcv_constraint_errors',
  'port_xmit_constraint_errors',
  'port_rcv_remote_physical_errors',
  'port_rcv_switch_relay_errors',
  'local_link_integrity_errors',
  'excessive_buffer_overrun_errors',
  'VL15_dropped',
] as const;

const movingHardware = ['rx_write_requests', 'local_ack_timeout_err', 'out_of_sequence', 'packet_seq_err'] as const;
const stillHardware = ['duplicate_request', 'out_of_buffer', 'rnr_nak_retry_err', 'req_cqe_error'] as const;

type Moving = (typeof moving)[number] | (typeof movingHardware)[number];
const columns: readonly Moving[] = [...moving, ...movingHardware];
const column = Object.fromEntries(columns.map((name, i) => [name, i])) as Record<Moving, number>;

const portCount = nodes.length * hcaDevices.length;
const flappingNode = nodes.indexOf(incident.linkFlap.node);
const flappingRail = hcaDevices.indexOf(incident.linkFlap.device);
export const flappingPortIndex = flappingNode * hcaDevices.length + flappingRail;
const seeds = Array.from({ length: portCount }, (_, i) => seedOf(`port ${i}`));

export interface PortReading {
  /** "4: ACTIVE" */
  readonly state: string;
  /** "5: LinkUp" */
  readonly physicalState: string;
  readonly rate: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly hardwareCounters: Readonly<Record<string, number>>;
}

/** The 64 ports of the fabric, in the order node 1 mlx5_0, node 1 mlx5_1, … */
export class FabricSimulator {
  readonly #clock: DemoClock;
  readonly #counters: SteppedCounters;

  constructor(clock: DemoClock) {
    this.#clock = clock;
    const offsets = new Float64Array(portCount * columns.length);
    for (let port = 0; clock.hasPast && port < portCount; port++) {
      const words = 4e14 + (draw(seeds[port] as number, 1) % 1e9) * 1e4;
      const base = port * columns.length;
      offsets[base + column.port_rcv_data] = words;
      offsets[base + column.port_xmit_data] = words;
      for (const name of [
        'port_rcv_packets',
        'port_xmit_packets',
        'unicast_rcv_packets',
        'unicast_xmit_packets',
      ] as const)
        offsets[base + column[name]] = Math.floor((words * 4) / 4180);
      offsets[base + column.rx_write_requests] = Math.floor(words / 2e5);
      offsets[base + column.port_xmit_wait] = 2.1e8;
    }
    this.#counters = new SteppedCounters({
      epochMs: clock.epochMs,
      size: portCount * columns.length,
      offsets,
      growth: (startMs, growth) => {
        for (let port = 0; port < portCount; port++) growPort(clock, port, startMs, growth);
      },
    });
  }

  /** All ports at a moment. */
  ports(atMs: number): PortReading[] {
    const values = this.#counters.at(atMs);
    return Array.from({ length: portCount }, (_, port) => {
      const whole = (name: Moving) => Math.floor(values[port * columns.length + column[name]] as number);
      const condition = port === flappingPortIndex ? flappingPort(this.#clock, atMs) : 'active';
      return {
        ...descriptions[condition],
        counters: { ...Object.fromEntries(moving.map((name) => [name, whole(name)])), ...zeros(still) },
        hardwareCounters: {
          ...Object.fromEntries(movingHardware.map((name) => [name, whole(name)])),
          ...zeros(stillHardware),
          lifespan: 10,
        },
      };
    });
  }
}

const zeros = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, 0]));

const descriptions: Record<PortCondition, { state: string; physicalState: string; rate: string }> = {
  active: { state: '4: ACTIVE', physicalState: '5: LinkUp', rate: portRateText },
  half: { state: '4: ACTIVE', physicalState: '5: LinkUp', rate: '200 Gb/sec (2X NDR)' },
  down: { state: '1: DOWN', physicalState: '2: Polling', rate: '10 Gb/sec (4X SDR)' },
};

function growPort(clock: DemoClock, port: number, startMs: number, growth: Float64Array): void {
  const base = port * columns.length;
  const seconds = stepMs / 1000;
  const job = trainingState(clock, startMs);
  const step = clock.step(startMs);
  const seed = seeds[port] as number;
  const flapping = clock.active('linkFlap', startMs);
  const own = flapping && port === flappingPortIndex;
  const usual = (bytesPerPortPerStep / job.stepSeconds) * (1 + 0.01 * bell(seed, step));
  // What the flapping port cannot carry goes out through the seven other ports of its node.
  let rate = usual;
  if (own) rate = job.port === 'down' ? 0 : Math.min(usual, portBytesPerSecond / 2) * (job.port === 'half' ? 0.5 : 0.8);
  else if (flapping && Math.floor(port / hcaDevices.length) === flappingNode) rate = usual * (1 + 0.5 / 7);
  const words = (rate * seconds) / 4;
  const packets = (rate * seconds) / 4180;
  growth[base + column.port_rcv_data] = words;
  growth[base + column.port_xmit_data] = words * (1 + 0.002 * bell(seed ^ 1, step));
  for (const name of ['port_rcv_packets', 'port_xmit_packets', 'unicast_rcv_packets', 'unicast_xmit_packets'] as const)
    growth[base + column[name]] = packets;
  growth[base + column.rx_write_requests] = (rate * seconds) / 1e6;
  // Its rail's other ports wait for credit: victims, not causes.
  const victim = flapping && !own && port % hcaDevices.length === flappingRail;
  growth[base + column.port_xmit_wait] = (victim ? 4.5e5 : 900) * seconds * (1 + 0.2 * bell(seed ^ 2, step));
  if (!own) return;
  const down = job.port === 'down';
  growth[base + column.link_downed] = down ? 1 : 0;
  growth[base + column.link_error_recovery] = down ? 0 : 2;
  growth[base + column.symbol_error] = down ? 0 : 140 + (draw(seed, step) % 60);
  growth[base + column.port_rcv_errors] = down ? 0 : 6 + (draw(seed ^ 3, step) % 5);
  growth[base + column.port_xmit_discards] = down ? 900 : 20;
  growth[base + column.local_ack_timeout_err] = down ? 40 : 3;
  growth[base + column.out_of_sequence] = 25;
  growth[base + column.packet_seq_err] = 25;
}
