'use client';

import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { activeSince, ofCluster, severityOf, severityRank } from '#frame/alert-pages.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { overviewGuide } from './guide.ts';
import { Changes } from './panels/changes.tsx';
import { Findings } from './panels/findings.tsx';
import { TileRow } from './panels/tile-row.tsx';

/** Is the cluster all right, and what deserves attention? */
export function OverviewView() {
  const { name } = useCluster();
  const alerts = useAlerts();
  const active = (alerts.data ?? []).filter((alert) => ofCluster(alert, name));
  const firing = active
    .filter((alert) => alert.state === 'firing')
    .sort((a, b) => severityRank(a) - severityRank(b) || (activeSince(a) ?? 0) - (activeSince(b) ?? 0));
  const critical = firing.filter((alert) => severityOf(alert) === 'critical').length;

  let answer: string | undefined;
  if (alerts.data === undefined) answer = undefined;
  else if (firing.length === 0) answer = 'No rule fires.';
  else {
    const rest =
      critical === 0
        ? 'none of them critical'
        : critical === firing.length
          ? 'all of them critical'
          : `${critical} of them critical`;
    answer =
      firing.length === 1
        ? `One finding deserves attention; it is ${critical === 1 ? 'critical' : 'not critical'}.`
        : `${firing.length} findings deserve attention, ${rest}.`;
  }

  return (
    <>
      <ViewHeader title="Overview" question="Is the cluster all right, and what deserves attention?" answer={answer} />
      <ViewBody guide={overviewGuide}>
        <div className="grid gap-3">
          <TileRow />
          <div className="grid gap-3 xl:grid-cols-[3fr_2fr]">
            <Findings query={alerts} firing={firing} />
            <Changes active={active} />
          </div>
        </div>
      </ViewBody>
    </>
  );
}
