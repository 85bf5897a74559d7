'use client';

import Link from 'next/link';
import { parseAsString, useQueryState } from 'nuqs';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { Button } from '#components/ui/button.tsx';
import { useInstant, useRange } from '#data/hooks.ts';
import { format } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { useFrameHref } from '#state/frame-state.ts';
import { portGuide } from './guide.ts';
import { BandwidthBySize, BandwidthOverTime, SkewOverTime } from './panels/bandwidth.tsx';
import { PortCharts } from './panels/port-charts.tsx';
import { PortTable } from './panels/port-table.tsx';
import { type JobBandwidth, jobBandwidths, type PortRow, portRows, type Straggler, stragglers } from './prepare.ts';
import * as ask from './queries.ts';

/** Is the network what we paid for? */
export function FabricView() {
  const [port, setPort] = useQueryState('port', parseAsString.withOptions({ history: 'push' }));
  const measured = useRange(ask.measured, { share: 1 / 2 });
  const expected = useRange(ask.expected, { share: 1 / 2 });
  const straggler = useInstant(ask.straggler);
  const ranks = useInstant(ask.ranks);
  const portQueries = {
    state: useInstant(ask.ports.state),
    rate: useInstant(ask.ports.rate),
    transmit: useInstant(ask.ports.transmit),
    receive: useInstant(ask.ports.receive),
    downed: useInstant(ask.ports.downed),
    recovered: useInstant(ask.ports.recovered),
    symbols: useInstant(ask.ports.symbols),
    errors: useInstant(ask.ports.errors),
    wait: useInstant(ask.ports.wait),
  };
  const marks = useAlertMarks('/fabric');

  const jobs = measured.data === undefined ? [] : jobBandwidths(measured.data, expected.data);
  const rows = portRows(
    Object.fromEntries(
      Object.entries(portQueries).map(([name, query]) => [name, query.data?.samples ?? []]),
    ) as Parameters<typeof portRows>[0],
  );
  const late = stragglers(straggler.data?.samples ?? [], ranks.data?.samples ?? []);
  const chosen = rows.find((row) => row.key === port) ?? null;

  return (
    <>
      <ViewHeader
        title="Fabric"
        question="Is the network what we paid for?"
        answer={<Answer jobs={jobs} rows={rows} late={late} />}
      />
      <ViewBody guide={portGuide}>
        <div className="grid gap-3 xl:grid-cols-2">
          <BandwidthOverTime jobs={jobs} queries={[measured, expected]} range={measured.data} marks={marks} />
          <BandwidthBySize />
          <div className="min-w-0 xl:col-span-2">
            <PortTable
              rows={rows}
              queries={Object.values(portQueries)}
              selected={port}
              onSelect={(row) => void setPort(row.key)}
            />
          </div>
          {chosen !== null && (
            <div className="xl:col-span-2">
              <Button size="small" onClick={() => void setPort(null)}>
                Only {chosen.device} of {chosen.instance} · show all ports
              </Button>
            </div>
          )}
          <PortCharts port={chosen} marks={marks} />
          <div className="min-w-0 xl:col-span-2">
            <SkewOverTime marks={marks} />
          </div>
        </div>
      </ViewBody>
    </>
  );
}

function Answer({
  jobs,
  rows,
  late,
}: {
  jobs: readonly JobBandwidth[];
  rows: readonly PortRow[];
  late: readonly Straggler[];
}) {
  const href = useFrameHref();
  const slowest = jobs.find((job) => job.ratio !== null);
  const bad = rows.filter((row) => row.status === 'bad');
  if (jobs.length === 0 && rows.length === 0) return null;
  return (
    <>
      {slowest === undefined ? (
        'No job’s bandwidth can be compared with its model now. '
      ) : (
        <>
          The all-reduce of {slowest.job} gets <strong className="tabular">{format(slowest.ratio, 'ratio')}</strong> of
          the expected bandwidth.{' '}
        </>
      )}
      {rows.length > 0 && (
        <>
          {bad.length === 0
            ? `All ${rows.length} ports are up at their rate`
            : `${bad.length} of ${rows.length} ports ${bad.length === 1 ? 'is' : 'are'} bad`}
          .{' '}
        </>
      )}
      {late.map(({ job, rank, instance }) => (
        <span key={job}>
          Rank {rank} of {job}
          {instance !== null && (
            <>
              {' '}
              on{' '}
              <Link
                className="rounded text-accent underline underline-offset-2"
                href={href('/gpus', { node: instance })}
              >
                {instance}
              </Link>
            </>
          )}{' '}
          arrives last in most collectives.{' '}
        </span>
      ))}
      {bad.length > 0 && (
        <span className="block text-[13px] text-ink-soft">
          {bad
            .slice(0, 3)
            .map((row) => `${row.device} of ${row.instance} ${row.reason}`)
            .join(' · ')}
        </span>
      )}
    </>
  );
}
