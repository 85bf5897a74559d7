import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';

const web = () => process.env.E2E_WEB_URL as string;
const gateway = () => process.env.E2E_GATEWAY_URL as string;
const hourMs = 3_600_000;

/** One data point over OTLP, by the clock of a sender of that name. */
async function push(sender: string, atMs: number): Promise<void> {
  const answer = await fetch(`${gateway()}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': sender },
    body: JSON.stringify({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'pushed_by_test',
                  gauge: {
                    dataPoints: [
                      {
                        timeUnixNano: `${atMs}000000`,
                        asDouble: 1,
                        attributes: [{ key: 'from', value: { stringValue: sender } }],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    }),
  });
  expect(answer.status).toBe(200);
}

async function open(page: Page, more: Record<string, string> = {}): Promise<void> {
  await page.goto(`${web()}/freshness?${new URLSearchParams({ from: 'now-30m', to: 'now', ...more })}`);
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1')).toHaveText('Freshness');
  await expect(page.locator('[data-panel="freshness-by-source"]')).toHaveAttribute('data-state', 'ready');
  await expect(page.locator('[data-panel][data-state="loading"]')).toHaveCount(0);
}

const row = (page: Page, name: string) =>
  page.locator('[data-panel="freshness-by-source"] tr[data-row]').filter({ hasText: name });

async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

test.describe('Freshness', () => {
  test.beforeAll(async () => {
    await push('clock-ahead', Date.now() + hourMs);
    await push('clock-behind', Date.now() - hourMs);
    await push('in-time', Date.now());
  });

  test('shows a clock an hour ahead as refused, and one an hour behind as late', async ({ page }) => {
    await open(page);
    await expect(row(page, 'clock-ahead@')).toContainText('refused');
    await expect(row(page, 'clock-ahead@')).toContainText('too far in future');
    await expect(row(page, 'clock-ahead@')).toContainText(/(1 h|59 min) ahead/);
    await expect(row(page, 'clock-behind@')).toContainText('1 h late');
    await expect(row(page, 'in-time@')).toContainText('receiving');
  });

  test('opens what is known of a source by keyboard, in the address, with an example and what to do', async ({
    page,
  }) => {
    await open(page);
    await page.getByRole('textbox', { name: 'Filter Freshness by source' }).fill('clock-ahead');
    const name = row(page, 'clock-ahead@').getByRole('button');
    await name.focus();
    await page.keyboard.press('Enter');
    const drawer = page.locator('[data-freshness-drawer]');
    await expect(drawer.locator('[data-reason="too_far_in_future"]')).toContainText('from="clock-ahead"');
    await expect(drawer).toContainText('see that both keep time');
    await expect(page).toHaveURL(/source=otlp/);
    await page.reload();
    await expect(drawer).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(drawer).toHaveCount(0);
    await expect(page).not.toHaveURL(/source=/);
  });

  test('draws a lane for each, and keeps them and says so when the gateway is away', async ({ page }) => {
    await open(page);
    await expect(page.locator('[data-lane] [data-state="receiving"]').first()).toBeVisible();
    await page.route('**/gateway/api/**', (route) =>
      route.fulfill({
        status: 502,
        json: { status: 'error', code: 'upstream_failed', message: 'The gateway does not answer.' },
      }),
    );
    await page.getByRole('button', { name: 'Refresh' }).first().click();
    await expect(page.locator('[data-panel="freshness-by-source"]')).toContainText('The last good answer is shown');
    await expect(row(page, 'clock-behind@')).toBeVisible();
    await page.screenshot({ path: 'apps/web/test-results/screenshots/freshness-stale.png', fullPage: true });
    await page.reload();
    await expect(page.locator('[data-panel="freshness-by-source"]')).toHaveAttribute('data-state', 'error');
    await page.screenshot({ path: 'apps/web/test-results/screenshots/freshness-broken.png', fullPage: true });
  });

  for (const [name, width, height, scheme] of [
    ['light', 1440, 900, 'light'],
    ['dark', 1440, 900, 'dark'],
    ['narrow', 390, 844, 'light'],
  ] as const) {
    test(`its drawer can be read by everyone (${name})`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height });
      await open(page, { source: 'otlp/clock-ahead@127.0.0.1' });
      await expect(page.locator('[data-freshness-drawer]')).toContainText('1 h ahead');
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: `apps/web/test-results/screenshots/freshness-drawer-${name}.png` });
      expect(await faults(page)).toEqual([]);
    });
  }
});
