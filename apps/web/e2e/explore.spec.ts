import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const web = () => process.env.E2E_WEB_URL as string;

const power = 'sum by (hostname) (DCGM_FI_DEV_POWER_USAGE{cluster="demo"})';
const temperature = 'avg by (hostname) (DCGM_FI_DEV_GPU_TEMP{cluster="demo"})';

/** Opens the page with these queries in its address and waits for what it shows. */
async function ask(page: Page, exprs: readonly string[], more: Record<string, string> = {}): Promise<void> {
  const query = new URLSearchParams({ cluster: 'demo', from: 'now-10m', ...more });
  for (const expr of exprs) query.append('expr', expr);
  await page.goto(`${web()}/explore?${query}`);
  await expect(page.locator('.cm-content')).toHaveCount(Math.max(1, exprs.length));
  await expect(page.locator('[data-panel][data-state="loading"]')).toHaveCount(0);
}

const editor = (page: Page, letter: string) => page.getByRole('textbox', { name: `query ${letter}` });

async function write(page: Page, letter: string, text: string): Promise<void> {
  await editor(page, letter).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await page.keyboard.press('Escape');
}

const queriesOf = (page: Page) => new URL(page.url()).searchParams.getAll('expr');

test.beforeEach(async ({ page }) => {
  await page.goto(`${web()}/explore?cluster=demo`);
  await page.evaluate(() => localStorage.removeItem('binnacle.explore.history'));
});

test.describe('Explore', () => {
  test('stacks two queries in one chart, draws each in its own, and a reload shows the same', async ({ page }) => {
    await ask(page, [power]);
    await page.getByRole('button', { name: 'Add query' }).click();
    await write(page, 'B', temperature);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('radio', { name: 'Stacked' }).click();
    await expect(page.locator('[data-panel="graph"] .recharts-area')).toHaveCount(16);
    await expect(page.locator('[data-cost="B"]')).toContainText('8 series');
    await expect(page.locator('[data-cost="B"]')).toContainText(
      /64 series read · [\d,]+ samples read · .* in the gateway/,
    );
    expect(queriesOf(page)).toEqual([power, temperature]);

    await page.reload();
    await expect(page.locator('[data-panel="graph"] .recharts-area')).toHaveCount(16);
    await page.getByRole('radio', { name: 'One each' }).click();
    await expect(page.locator('[data-panel="graph-a"] .recharts-area')).toHaveCount(8);
    await expect(page.locator('[data-panel="graph-b"] .recharts-area')).toHaveCount(8);

    await page.goBack();
    await expect(page.locator('[data-panel="graph"]')).toBeVisible();
    await page.goBack();
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(16);
    await page.goForward();
    await expect(page.locator('[data-panel="graph"] .recharts-area')).toHaveCount(16);
  });

  test('hides, moves, duplicates and removes queries, by keyboard too', async ({ page }) => {
    await ask(page, [power, temperature]);
    await page.getByRole('button', { name: 'Hide query B' }).click();
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(8);
    await expect(page).toHaveURL(/hide=B/);
    await page.getByRole('button', { name: 'Show query B' }).click();

    await page.getByRole('button', { name: /^Query A:/ }).focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => queriesOf(page)).toEqual([temperature, power]);
    await expect(page.getByRole('button', { name: /^Query B:/ })).toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => queriesOf(page)).toEqual([power, temperature]);
    await expect(page.getByRole('button', { name: /^Query A:/ })).toBeFocused();

    await page.getByRole('button', { name: 'More for query A' }).click();
    await page.getByRole('menuitem', { name: 'Duplicate' }).click();
    await expect.poll(() => queriesOf(page)).toEqual([power, power, temperature]);
    await page.getByRole('button', { name: 'More for query C' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await expect.poll(() => queriesOf(page)).toEqual([power, power]);
  });

  test('hides one series by a click, and shows one alone with ctrl', async ({ page }) => {
    await ask(page, [power]);
    const lines = page.locator('[data-panel="graph"] .recharts-line');
    const series = (node: string) => page.getByRole('button', { name: `{hostname="${node}"}` });
    await expect(lines).toHaveCount(8);
    await series('gpu-node-03').click();
    await expect(lines).toHaveCount(7);
    await expect(series('gpu-node-03')).toHaveAttribute('aria-pressed', 'false');
    await series('gpu-node-05').click({ modifiers: ['Control'] });
    await expect(lines).toHaveCount(1);
    await series('gpu-node-05').click({ modifiers: ['Control'] });
    await expect(lines).toHaveCount(8);
  });

  test('draws 40 of more series, says so, and lists all', async ({ page }) => {
    await ask(page, ['DCGM_FI_DEV_GPU_TEMP{cluster="demo"}']);
    await expect(page.locator('main')).toContainText('64 series, one point every');
    await expect(page.locator('main')).toContainText('40 are drawn, the table has all');
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(40);
    await expect(page.locator('[data-panel="graph"] tbody tr[data-row]')).toHaveCount(64);
    await page.getByLabel('Which series are drawn').selectOption('bottom');
    await expect(page).toHaveURL(/pick=bottom/);
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(40);
  });

  test('underlines the token of an error, says why in place, and keeps the other query', async ({ page }) => {
    await ask(page, [power, 'rate(up)']);
    const row = page.locator('[data-query="B"]');
    await expect(row.locator('.cm-lintRange-error')).toHaveText('up');
    await expect(row.locator('[data-error-line]')).toContainText('range vector');
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(8);

    await write(page, 'B', 'rate(up[5m])');
    await expect(row.locator('[data-error-line]')).toHaveCount(0);
    await page.keyboard.press('Control+Enter');
    await expect(row.locator('[data-note="info"]')).toContainText('might not be a counter');
    await expect(row.locator('.cm-lintRange-info')).toHaveText('up');

    // While one types, too, before anything runs.
    await write(page, 'B', 'sum(up');
    await expect(row.locator('.cm-lintRange-error')).toHaveCount(1);
  });

  test('completes our functions, metrics, labels and values, and explains them', async ({ page }) => {
    await ask(page, []);
    await editor(page, 'A').click();
    await page.keyboard.type('quantile_o');
    const list = page.locator('.cm-tooltip-autocomplete');
    await expect(list.locator('li[aria-selected]')).toContainText('quantile_over_time');
    await expect(page.locator('.cm-completionInfo')).toContainText('scalar, range: range vector');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('histogram_std');
    await expect(list.locator('li', { hasText: /histogram_std(dev|var)/ })).toHaveCount(0);

    await page.keyboard.press('Control+A');
    await page.keyboard.type('DCGM_FI_DEV_POWER_US');
    await expect(list.locator('li[aria-selected]')).toContainText('DCGM_FI_DEV_POWER_USAGE');
    await expect(list.locator('li[aria-selected]')).toContainText('gauge');
    await list.locator('li[aria-selected]').click();
    await page.keyboard.type('{hostn');
    await expect(list.locator('li[aria-selected]')).toContainText('hostname');
    await list.locator('li[aria-selected]').click();
    await page.keyboard.type('="gpu-node-0');
    await expect(list.locator('li')).toHaveCount(8);

    await page.keyboard.press('Escape');
    await write(page, 'A', 'rate(x_total[5m])');
    await editor(page, 'A').getByText('rate', { exact: true }).hover();
    await expect(page.locator('.cm-promql-card')).toContainText('rate(range: range vector): instant vector');
  });

  test('formats an expression', async ({ page }) => {
    await ask(page, ['sum  by(hostname)(DCGM_FI_DEV_POWER_USAGE)']);
    await page.getByRole('button', { name: 'More for query A' }).click();
    await page.getByRole('menuitem', { name: 'Format' }).click();
    await expect(editor(page, 'A')).toHaveText(/^sum by \(hostname\) ?\(\s*DCGM_FI_DEV_POWER_USAGE\s*\)$/);
  });

  test('remembers what ran, finds it, keeps what has a star', async ({ page }) => {
    await ask(page, [power]);
    await write(page, 'A', 'count(up)');
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('[data-panel="graph"]')).toHaveAttribute('data-state', 'ready');
    await page.reload();
    await expect(editor(page, 'A')).toBeVisible();
    await page.getByRole('button', { name: 'History' }).click();
    const entries = page.getByRole('list', { name: 'Queries that ran' }).getByRole('listitem');
    await expect(entries).toHaveCount(2);
    await expect(entries.first()).toContainText('count(up)');
    await page.getByRole('button', { name: `Star ${power}` }).click();
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect(entries).toHaveCount(1);
    await page.getByLabel('Search the history').fill('no such words');
    await expect(entries).toHaveCount(0);
    await page.getByLabel('Search the history').fill('power hostname');
    await entries.first().getByText(power).click();
    // The first query is taken, so it comes as one more.
    await expect.poll(() => queriesOf(page)).toEqual(['count(up)', power]);
  });

  test('finds a metric, a label and a value, and inserts the selector', async ({ page }) => {
    await ask(page, []);
    await page.getByRole('button', { name: 'Metrics' }).click();
    await page.getByLabel('Search metrics').fill('gpu_temp');
    await page.getByRole('button', { name: /DCGM_FI_DEV_GPU_TEMP/ }).click();
    await expect(page.locator('[role="dialog"]')).toContainText('64 of 64 series');
    await page.getByLabel('hostname', { exact: true }).selectOption('gpu-node-04');
    await expect(page.locator('[role="dialog"]')).toContainText('8 of 64 series');
    await page.getByRole('button', { name: 'Insert' }).click();
    await expect(editor(page, 'A')).toHaveText('DCGM_FI_DEV_GPU_TEMP{cluster="demo", hostname="gpu-node-04"}');
  });

  test('shows the newest samples as a table, with a letter where there are several queries', async ({ page }) => {
    await ask(page, [power, 'count(up{cluster="demo"})'], { show: 'table' });
    const rows = page.locator('[data-panel="table"] tbody tr');
    await expect(rows).toHaveCount(9);
    await expect(page.locator('[data-panel="table"] th')).toHaveText(['query', 'hostname', 'value']);
    await page.getByLabel('Filter Samples').fill('gpu-node-03');
    await expect(rows).toHaveCount(1);
    await ask(page, ['"a string"'], { show: 'table' });
    await expect(page.locator('[data-panel="table"] tbody')).toContainText('a string');
  });

  test('explains how a query is answered', async ({ page }) => {
    await ask(page, [`topk(3, ${power})`]);
    await page.getByRole('button', { name: 'Plan of query A' }).click();
    const plan = page.locator('[data-plan]');
    await expect(plan.getByRole('region', { name: 'Tree' })).toContainText('DCGM_FI_DEV_POWER_USAGE');
    await expect(plan.getByRole('region', { name: 'Read 1' })).toContainText('expected');
    await expect(plan.getByRole('region', { name: 'Read 1' }).locator('pre').first()).toContainText(/select/i);
    await expect(plan.getByRole('row', { name: /^counted/ })).toHaveCount(0);
    await plan.getByRole('button', { name: 'Run it and count' }).click();
    await expect(plan.getByRole('row', { name: /^counted 64 [\d,]+/ })).toBeVisible();
    await expect(plan).toContainText(/ran in .*, read [\d,]+ samples, gave \d+ series/);
    await plan.getByLabel('Plan').selectOption('stream');
    await expect(plan.getByRole('region', { name: 'Read 1' })).toContainText('stream');
  });

  test('aborts what runs when it runs anew, and when one cancels', async ({ page }) => {
    await ask(page, [power]);
    let held = 0;
    await page.route('**/gateway/api/v1/query_range**', (route) => {
      held += 1;
      // Never answered: only an abort ends it.
      if (!route.request().url().includes('%2B+3')) return;
      return route.continue();
    });
    const aborted: string[] = [];
    page.on('requestfailed', (request) => {
      if (request.url().includes('query_range')) aborted.push(request.failure()?.errorText ?? '');
    });
    await write(page, 'A', `${power} + 1`);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => held).toBe(1);
    // What was drawn stays, and is marked as the answer before.
    await expect(page.locator('[data-panel="graph"] [data-waiting] .recharts-line')).toHaveCount(8);
    await write(page, 'A', `${power} + 2`);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => aborted).toEqual(['net::ERR_ABORTED']);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => aborted).toHaveLength(2);
    await expect(page.locator('[data-cost="A"]')).toHaveText('Canceled.');
    await write(page, 'A', `${power} + 3`);
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(8);
    await expect(page.locator('[data-waiting]')).toHaveCount(0);
  });

  test('keeps the last good answer when the gateway is away, and says so', async ({ page }) => {
    await ask(page, [power]);
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(8);
    await page.route('**/gateway/api/v1/query_range**', (route) =>
      route.fulfill({
        status: 502,
        json: { status: 'error', code: 'upstream_failed', message: 'The gateway does not answer.' },
      }),
    );
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.locator('[data-panel="graph"]')).toContainText('The last good answer is shown');
    await expect(page.locator('[data-panel="graph"] .recharts-line')).toHaveCount(8);
    await page.unroute('**/gateway/api/v1/query_range**');
    await page.locator('[data-query="A"]').getByRole('button', { name: 'Retry' }).click();
    await expect(page.locator('[data-panel="graph"]')).toHaveAttribute('data-state', 'ready');
  });

  test('takes a panel of another page', async ({ page }) => {
    await page.goto(`${web()}/gpus?cluster=demo&from=now-10m`);
    await page
      .getByRole('button', { name: /^Menu of / })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Open in Explore' }).click();
    await expect(page).toHaveURL(/\/explore\?/);
    await expect(page.locator('[data-panel="graph"]')).toHaveAttribute('data-state', 'ready');
    expect(queriesOf(page)).toHaveLength(1);
  });

  for (const [name, width, height, scheme] of [
    ['light', 1440, 900, 'light'],
    ['dark', 1440, 900, 'dark'],
    ['narrow', 390, 844, 'light'],
  ] as const) {
    test(`can be read and used by everyone (${name})`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await ask(page, [power, temperature, 'rate(up)', 'rate(up[5m])'], { show: 'both', draw: 'stacked' });
      await expect(page.locator('[data-query="C"] .cm-lintRange-error')).toHaveCount(1);
      await expect(page.locator('[data-panel="graph"] .recharts-area').first()).toBeVisible();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: `apps/web/test-results/screenshots/explore-queries-${name}.png`, fullPage: true });
      expect(await faults(page)).toEqual([]);
      for (const drawer of ['History', 'Metrics', 'Plan of query A']) {
        await page.getByRole('button', { name: drawer }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await expect(page.getByRole('dialog').getByRole('status', { name: 'Loading' })).toHaveCount(0);
        await page.screenshot({
          path: `apps/web/test-results/screenshots/explore-${drawer.split(' ')[0]?.toLowerCase()}-${name}.png`,
        });
        expect(await faults(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);
      }
    });
  }
});

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
