import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

/**
 * The demo's truth (apps/collector/src/demo/scenario.ts) is written out here on purpose: what a page must show is said in
 * the words of a reader, not computed from the simulator.
 */
const web = () => process.env.E2E_WEB_URL as string;
const gateway = () => process.env.E2E_GATEWAY_URL as string;

interface View {
  readonly path: string;
  readonly title: string;
  /** Text that the page must show of the incident and the cluster. */
  readonly shows: readonly RegExp[];
}

const views: readonly View[] = [
  {
    path: '/',
    title: 'Overview',
    shows: [/GPU utilization/i, /vision/, /gpu-node-03/, /gpu-node-04/, /create_ticket/],
  },
  { path: '/gpus', title: 'GPUs', shows: [/of 64/, /gpu-node-04 GPU 3/, /gpu-node-06 GPU 1/, /63/] },
  { path: '/fabric', title: 'Fabric', shows: [/gpu-node-03/, /mlx5_4/, /llama-70b-pretrain/, /rank 27/i] },
  { path: '/scheduler', title: 'Scheduler', shows: [/pretraining/, /vision/, /starved/i, /batch-inference/] },
  { path: '/serving', title: 'Serving', shows: [/llama-3\.1-8b-instruct/, /qwen2\.5-72b-instruct/] },
  { path: '/pipelines', title: 'Pipelines', shows: [/nightly-finetune/, /eval-suite/] },
  { path: '/drift', title: 'Drift', shows: [/feynman/, /capitals/, /sql-join/] },
  { path: '/mcp', title: 'MCP', shows: [/repo-tools/, /tickets/, /observability/, /create_ticket/, /o200k_base/] },
  { path: '/alerts', title: 'Alerts', shows: [/Queue starved/, /GPU XID error/, /MCP tool definition changed/] },
  { path: '/explore', title: 'Explore', shows: [] },
  { path: '/sources', title: 'Sources', shows: [/dcgm-exporter/, /infiniband/, /kubeflow/] },
  { path: '/freshness', title: 'Freshness', shows: [/dcgm-exporter/, /receiving/, /Oldest unwritten/] },
  { path: '/settings', title: 'Settings', shows: [/channel/i] },
];

async function open(page: Page, path: string): Promise<string[]> {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(`${web()}${path}?cluster=demo&from=now-30m&to=now`);
  await expect(page.locator('h1')).toBeVisible();
  await settled(page);
  return faults;
}

/** Waits until no panel loads any more, and none has failed. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('[data-panel][data-state="loading"]')).toHaveCount(0);
  await expect(page.locator('[data-panel][data-state="error"]')).toHaveCount(0);
}

/** A picture of the whole page: the window grows over it, since charts are drawn when they come near the window. */
async function picture(page: Page, name: string, width: number, height: number): Promise<void> {
  const all = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, all) });
  await expect(page.locator('[data-drawing="later"]')).toHaveCount(0);
  await settled(page);
  await page.screenshot({ path: `apps/web/test-results/screenshots/${name}.png`, fullPage: true });
  await page.setViewportSize({ width, height });
}

async function ask(expression: string): Promise<{ metric: Record<string, string>; value: number }[]> {
  const answer = await fetch(`${gateway()}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const body = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

test.describe('the demo cluster', () => {
  test('is all there: 64 GPUs, 64 ports, every source up', async () => {
    await expect.poll(async () => (await ask('count(DCGM_FI_DEV_GPU_UTIL{cluster="demo"})'))[0]?.value).toBe(64);
    await expect.poll(async () => (await ask('count(node_infiniband_state_id{cluster="demo"})'))[0]?.value).toBe(64);
    await expect.poll(async () => (await ask('min(up{cluster="demo"})'))[0]?.value).toBe(1);
  });

  test('fires the alerts of its incident within three minutes', async () => {
    test.setTimeout(190_000);
    const expected = [
      { alertname: 'GPU XID error', hostname: 'gpu-node-06', gpu: '1' },
      { alertname: 'GPU hot', hostname: 'gpu-node-04', gpu: '3' },
      { alertname: 'InfiniBand link flaps', instance: 'gpu-node-03', device: 'mlx5_4' },
      { alertname: 'Straggler rank', job: 'llama-70b-pretrain' },
      { alertname: 'Queue starved', queue: 'vision' },
      { alertname: 'Answers differ at temperature zero', probe: 'feynman' },
      { alertname: 'MCP tool definition changed', server: 'tickets', tool: 'create_ticket' },
    ];
    await expect
      .poll(
        async () => {
          const answer = await fetch(`${gateway()}/api/v1/alerts`);
          if (!answer.ok) return [`${answer.status}: ${await answer.text()}`];
          const { data } = (await answer.json()) as {
            data: { alerts: { state: string; labels: Record<string, string> }[] };
          };
          const firing = data.alerts.filter((alert) => alert.state === 'firing');
          return expected
            .filter(
              (wanted) =>
                !firing.some(({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value)),
            )
            .map((missing) => missing.alertname);
        },
        { timeout: 180_000, intervals: [1000] },
      )
      .toEqual([]);
  });

  for (const view of views) {
    test(`${view.title} shows it, in both themes and on a phone, without a fault`, async ({ page }) => {
      const faults = await open(page, view.path);
      await expect(page.locator('h1')).toHaveText(new RegExp(view.title));
      await expect(page.getByText('DEMO', { exact: true }).first()).toBeVisible();
      for (const text of view.shows) await expect(page.locator('main')).toContainText(text);
      const name = view.path === '/' ? 'overview' : view.path.slice(1);
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.evaluate((value) => localStorage.setItem('theme', value), theme);
        await page.reload();
        await settled(page);
        await expect(page.locator('html')).toHaveClass(new RegExp(theme));
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
          .analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
        ).toEqual([]);
        await picture(page, `${name}-${theme}`, 1440, 900);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await settled(page);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await picture(page, `${name}-narrow`, 390, 844);
      expect(faults).toEqual([]);
    });
  }

  test('Fabric shows the bus bandwidth that the gateway has, below what the model expects', async () => {
    const [measured] = await ask(
      'avg(binnacle_collective_bus_bandwidth_bytes_per_second{cluster="demo",message_bytes="1073741824"}) or avg(binnacle_collective_bus_bandwidth_bytes_per_second{cluster="demo"})',
    );
    const [expected] = await ask(
      'avg(binnacle_collective_expected_bus_bandwidth_bytes_per_second{cluster="demo",message_bytes="1073741824"}) or avg(binnacle_collective_expected_bus_bandwidth_bytes_per_second{cluster="demo"})',
    );
    expect(measured?.value).toBeGreaterThan(0);
    expect(measured?.value).toBeLessThan(expected?.value as number);
  });

  test('Scheduler shows the starved queue with the numbers of the model', async ({ page }) => {
    await open(page, '/scheduler');
    const row = page.getByRole('row').filter({ hasText: 'vision' }).first();
    await expect(row).toContainText(/starved/i);
    await expect(row).toContainText('16');
    const [share] = await ask('binnacle_queue_fair_share_model_gpus{cluster="demo",queue="vision"}');
    const [kai] = await ask('kai_queue_fair_share_gpu{cluster="demo",queue_metadata_name="vision"}');
    expect(share?.value).toBe(16);
    expect(kai?.value).toBe(16);
  });

  test('Explore answers a question, shows it as a table, and keeps it in the URL', async ({ page }) => {
    await open(page, '/explore');
    const editor = page.locator('.cm-content').first();
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('count by (hostname) (DCGM_FI_DEV_GPU_UTIL)');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('main')).toContainText('gpu-node-08');
    await expect(page).toHaveURL(/DCGM_FI_DEV_GPU_UTIL/);
    await page.reload();
    await expect(page.locator('main')).toContainText('gpu-node-08');
  });

  test('the time range is the URL, and the palette finds a page', async ({ page }) => {
    await page.goto(`${web()}/gpus?cluster=demo&from=now-15m&to=now`);
    await expect(page.getByRole('button', { name: /15 min/i }).first()).toBeVisible();
    await page.keyboard.press('Control+K');
    await page.getByRole('combobox').fill('Scheduler');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/scheduler\?.*from=now-15m/);
  });
});
