/** One collective of one rank, as NCCL Inspector writes it. */
export interface InspectorRecord {
  readonly comm: string;
  readonly rank: number;
  readonly ranks: number;
  readonly nodes: number;
  readonly hostname: string;
  readonly collective: string;
  /** Counts the collectives of this kind in the communicator; equal on all ranks. */
  readonly sequence: number;
  /** What nccl-tests would call the size: for AllGather and ReduceScatter ranks × the size per rank. */
  readonly totalBytes: number;
  readonly execSeconds: number;
  /** null where the line lacks it. */
  readonly busBandwidth: number | null;
  /** ms since 1970; null where the line lacks it. */
  readonly dumpedAt: number | null;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a line of NCCL Inspector (`plugins/profiler/inspector`, format v4.0: header, metadata, coll_perf). Also takes
 * the forms that put the fields of the header, or all of them, on the top level. `other` is a line of another kind
 * (point-to-point); null is none of Inspector's.
 */
export function readInspectorLine(line: string): InspectorRecord | 'other' | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(json)) return null;
  if (isObject(json.p2p_perf) || typeof json.p2p === 'string') return 'other';
  const header = isObject(json.header) ? json.header : json;
  const metadata = isObject(json.metadata) ? json.metadata : json;
  const perf = isObject(json.coll_perf) ? json.coll_perf : json;
  const comm = text(header.id) ?? text(header.comm_id) ?? text(header.comm_name);
  const collective = text(perf.coll);
  const rank = count(header.rank);
  const ranks = count(header.n_ranks) ?? count(header.nranks);
  const sequence = count(perf.coll_sn);
  const bytes = count(perf.coll_msg_size_bytes);
  const execMicroseconds = count(perf.coll_exec_time_us);
  if (comm === null || collective === null || rank === null || ranks === null || rank >= ranks) return null;
  if (sequence === null || bytes === null || execMicroseconds === null) return null;
  const perRank = collective === 'AllGather' || collective === 'ReduceScatter';
  const busGigabytes = count(perf.coll_busbw_gbs);
  const dumped = count(metadata.dump_timestamp_us);
  return {
    comm,
    rank,
    ranks,
    nodes: count(header.nnodes) ?? count(header.n_nodes) ?? 0,
    hostname: text(metadata.hostname) ?? '',
    collective,
    sequence,
    totalBytes: perRank ? bytes * ranks : bytes,
    execSeconds: execMicroseconds / 1e6,
    busBandwidth: busGigabytes === null ? null : busGigabytes * 1e9,
    dumpedAt: dumped === null ? null : Math.round(dumped / 1000),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : null;
}

/** A finite number that is not negative. */
function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
