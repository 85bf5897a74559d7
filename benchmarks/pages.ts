import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { median, startBinnacle } from './binnacle.ts';

const views = [
  '/',
  '/gpus',
  '/fabric',
  '/scheduler',
  '/serving',
  '/pipelines',
  '/drift',
  '/mcp',
  '/alerts',
  '/explore',
  '/sources',
];
const rounds = 5;
const settleSeconds = 45;

/**
 * Every page of the demo in Chromium. Painted: from the start of the navigation until no panel loads any more. Queries:
 * each read that the page sent to the gateway, asked again from here, one at a time, straight at the gateway.
 */
export async function pages() {
  const directory = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
  const binnacle = await startBinnacle(directory);
  const executablePath =
    process.env.CHROMIUM_PATH ?? (existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined);
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-sync'],
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1000));
    const results = [];
    for (const view of views) {
      const paintedMs: number[] = [];
      const asked = new Map<string, { method: string; body: string | null }>();
      for (let round = 0; round <= rounds; round++) {
        const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
        const page = await context.newPage();
        page.on('request', (request) => {
          const url = new URL(request.url());
          if (url.pathname.startsWith('/gateway/'))
            asked.set(url.pathname.slice('/gateway'.length) + url.search, {
              method: request.method(),
              body: request.postData(),
            });
        });
        const began = performance.now();
        await page.goto(`${binnacle.webUrl}${view}?cluster=demo&refresh=off`, { waitUntil: 'commit' });
        await page.waitForFunction(() => {
          const panels = [...document.querySelectorAll('[data-panel]')];
          return (
            document.querySelector('h1') !== null &&
            panels.every((panel) => panel.getAttribute('data-state') !== 'loading')
          );
        });
        // the first visit of a page warms the server; a user's every other one is what counts
        if (round > 0) paintedMs.push(performance.now() - began);
        await context.close();
      }
      const queryMs: { path: string; ms: number }[] = [];
      for (const [path, { method, body }] of asked) {
        const times: number[] = [];
        for (let round = 0; round < 3; round++) {
          const began = performance.now();
          const answer = await fetch(binnacle.gatewayUrl + path, {
            method,
            ...(body === null ? {} : { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
          });
          await answer.arrayBuffer();
          times.push(performance.now() - began);
        }
        queryMs.push({ path: decodeURIComponent(body ?? path).slice(0, 160), ms: Math.round(median(times)) });
      }
      queryMs.sort((a, b) => b.ms - a.ms);
      results.push({
        view,
        paintedMs: { median: Math.round(median(paintedMs)), max: Math.round(Math.max(...paintedMs)) },
        queries: queryMs.length,
        slowestQueries: queryMs.slice(0, 3),
      });
    }
    return results;
  } finally {
    await browser.close();
    await binnacle.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
