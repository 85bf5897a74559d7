'use client';

import { useMemo } from 'react';
import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { activeSince, alertPage, alertTitle, ofCluster, severityStatus } from '#frame/alert-pages.ts';
import type { ChartMark } from './chart-overlay.tsx';

/** Starts of the firing alerts that belong to a page, as marks for its charts. */
export function useAlertMarks(page: string): readonly ChartMark[] {
  const { data } = useAlerts();
  const { name } = useCluster();
  return useMemo(
    () =>
      (data ?? []).flatMap((alert) => {
        const time = activeSince(alert);
        if (alert.state !== 'firing' || time === null || alertPage(alert) !== page || !ofCluster(alert, name))
          return [];
        return [{ time, label: alertTitle(alert), status: severityStatus(alert) }];
      }),
    [data, name, page],
  );
}
