import { expect, test } from '@playwright/test';
import { type RunningBinnacle, startBinnacle } from './start-binnacle.ts';

/** Without a demo and without sources every page says what to connect, and how. */
test.describe('without the demo', () => {
  let binnacle: RunningBinnacle;

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    binnacle = await startBinnacle({ arguments: ['--no-demo', '--no-discover'] });
  });
  test.afterAll(async () => {
    await binnacle?.stop();
  });

  const pages: [path: string, says: RegExp][] = [
    ['/', /connect/i],
    ['/gpus', /dcgm-exporter/],
    ['/fabric', /infiniband/],
    ['/scheduler', /kai/],
    ['/serving', /vllm/i],
    ['/pipelines', /kubeflow/],
    ['/drift', /drift/],
    ['/mcp', /mcp/],
  ];
  for (const [path, says] of pages) {
    test(`${path} says what to connect, with the lines to write and the command`, async ({ page }) => {
      await page.goto(`${binnacle.webUrl}${path}`);
      await expect(page.locator('main')).toContainText(says);
      await expect(page.locator('main')).toContainText(/receivers:/);
      await expect(page.locator('main')).toContainText(/npm start|npx binnacle/);
      await expect(page.getByText('DEMO', { exact: true })).toHaveCount(0);
      await expect(page.locator('[data-panel][data-state="error"]')).toHaveCount(0);
      const name = path === '/' ? 'overview' : path.slice(1);
      await page.screenshot({ path: `apps/web/test-results/screenshots/${name}-empty.png`, fullPage: true });
    });
  }
});
