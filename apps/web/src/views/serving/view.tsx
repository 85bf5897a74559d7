'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { Button } from '#components/ui/button.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { useInstant } from '#data/hooks.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { servingGuide } from './guide.ts';
import { DeploymentTable } from './panels/deployment-table.tsx';
import { ServingCharts } from './panels/serving-charts.tsx';
import {
  type Deployment,
  deploymentsOf,
  firstTokenLimitSeconds,
  type Quantile,
  quantileNames,
  quantileText,
  quantileValue,
  waitingSentence,
} from './prepare.ts';
import { bucketsNow, families, gaugeNow, inRange, rateNow } from './queries.ts';

/** Do users get answers in time? */
export function ServingView() {
  const [model, setModel] = useQueryState('deployment', parseAsString.withOptions({ history: 'push' }));
  const [quantile, setQuantile] = useQueryState('quantile', parseAsStringLiteral(quantileNames).withDefault('p99'));
  const queries = {
    requests: useInstant(rateNow(families.requests)),
    firstToken: useInstant(bucketsNow(families.firstToken)),
    interToken: useInstant(bucketsNow(families.interToken)),
    cache: useInstant(gaugeNow(families.cache, 'max')),
    running: useInstant(gaugeNow(families.running, 'sum')),
    waiting: useInstant(gaugeNow(families.waiting, 'sum')),
    generated: useInstant(rateNow(families.generated)),
    prompt: useInstant(rateNow(families.prompt)),
    preemptions: useInstant(inRange(families.preemptions)),
  };
  const deployments = deploymentsOf({
    requests: queries.requests.data?.samples,
    firstToken: queries.firstToken.data?.samples,
    interToken: queries.interToken.data?.samples,
    cache: queries.cache.data?.samples,
    running: queries.running.data?.samples,
    waiting: queries.waiting.data?.samples,
    generated: queries.generated.data?.samples,
    prompt: queries.prompt.data?.samples,
    preemptions: queries.preemptions.data?.samples,
  });
  const all = Object.values(queries);
  const answered = all.every(({ data }) => data !== undefined);
  const marks = useAlertMarks('/serving');
  return (
    <>
      <ViewHeader
        title="Serving"
        question="Do users get answers in time?"
        answer={answered && deployments.length > 0 ? <Answer deployments={deployments} /> : undefined}
      />
      <ViewBody guide={servingGuide}>
        <div className="grid gap-3">
          <DeploymentTable
            deployments={answered ? deployments : []}
            queries={all}
            selected={model}
            onSelect={(next) => void setModel(next === model ? null : next)}
          />
          <div className="flex flex-wrap items-center gap-2">
            {model === null ? (
              <>
                <span className="text-xs text-ink-faint">Latencies below: every deployment at</span>
                <Segmented
                  label="Quantile"
                  value={quantile}
                  options={quantileNames.map((name) => ({ value: name, label: name }))}
                  onChange={(value) => void setQuantile(value)}
                />
              </>
            ) : (
              <Button size="small" onClick={() => void setModel(null)}>
                Only {model} · show every deployment
              </Button>
            )}
          </div>
          <ServingCharts model={model} quantile={quantile} marks={marks} />
        </div>
      </ViewBody>
    </>
  );
}

const blurred = (quantile: Quantile) => quantile.kind === 'below';

function Answer({ deployments }: { deployments: readonly Deployment[] }) {
  const known = deployments.filter(({ verdict }) => verdict !== 'unknown' && verdict !== 'idle');
  const good = known.filter(({ verdict }) => verdict === 'in_time');
  const worst = [...known].sort(
    (a, b) => (quantileValue(b.firstToken.p99) ?? 0) - (quantileValue(a.firstToken.p99) ?? 0),
  )[0];
  const coarse = deployments.filter(({ firstToken }) => blurred(firstToken.p50));
  const rest = deployments.length - known.length;
  return (
    <>
      {known.length === 0 ? (
        deployments.every(({ verdict }) => verdict === 'idle') ? (
          'No deployment had requests in the last five minutes'
        ) : (
          'How fast the deployments answer is unknown'
        )
      ) : (
        <>
          <strong className="tabular">
            {good.length} of {known.length}
          </strong>{' '}
          {known.length === 1 ? 'deployment answers' : 'deployments answer'} in time: first token within{' '}
          {firstTokenLimitSeconds} s for 99 of 100 requests, and room in the KV cache
        </>
      )}
      {rest > 0 && known.length > 0 && `, ${rest} ${rest === 1 ? 'is' : 'are'} idle or unknown`}.
      {worst !== undefined && (
        <>
          {' '}
          Slowest is {worst.model}: p50 {quantileText(worst.firstToken.p50)}, p99 {quantileText(worst.firstToken.p99)}.
        </>
      )}
      <span className="block text-[13px] text-ink-soft">
        {waitingSentence(deployments)}
        {coarse.length > 0 &&
          ` The p50 of ${coarse.map(({ model }) => model).join(', ')} falls in the first bucket of the histogram and cannot be resolved.`}
      </span>
    </>
  );
}
