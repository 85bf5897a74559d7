/** While a drawing is fetched. Counts as a panel that loads, so that nothing calls the page painted before. */
export function ChartComing() {
  return <span role="status" aria-label="Loading the chart" data-panel="drawing" data-state="loading" />;
}
