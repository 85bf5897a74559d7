'use client';

import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { ofCluster, severityOf } from '#frame/alert-pages.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { overviewGuide } from './guide.ts';
import { Changes } from './panels/changes.tsx';
import { Findings } from './panels/findings.tsx';
import { TileRow } from './panels/tile-row.tsx';
import { findings } from './prepare.ts';

/** Is the cluster all right, and what deserves attention? */
export function OverviewView() {
  const { name, none } = useCluster();
  const alerts = useAlerts();
  const active = (alerts.data ?? []).filter((alert) => ofCluster(alert, name));
  const found = findings(active);
  const critical = found.filter(({ first }) => severityOf(first) === 'critical').length;

  let answer: string | undefined;
  if (alerts.data === undefined || none) answer = undefined;
  else if (found.length === 0) answer = 'No rule fires.';
  else if (found.length === 1)
    answer = `One finding deserves attention; it is ${critical === 1 ? 'critical' : 'not critical'}.`;
  else {
    const rest =
      critical === 0
        ? 'none of them critical'
        : critical === found.length
          ? 'all of them critical'
          : `${critical} of them critical`;
    answer = `${found.length} findings deserve attention, ${rest}.`;
  }

  return (
    <>
      <ViewHeader title="Overview" question="Is the cluster all right, and what deserves attention?" answer={answer} />
      <ViewBody guide={overviewGuide}>
        <div className="grid gap-3">
          <TileRow />
          <div className="grid items-start gap-3 xl:grid-cols-[3fr_2fr]">
            <Findings query={alerts} found={found} />
            <Changes active={active} />
          </div>
        </div>
      </ViewBody>
    </>
  );
}
