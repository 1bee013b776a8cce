/**
 * A whole browser may be killed at any moment: every commit that was acknowledged is there when it is started again, whole, and none is there by half.
 *
 * `HOLDALL_BROWSER_KILLS` sets how often (default 3); 200 run before a release.
 */
import { expect, test } from "vitest";
import type { Page } from "./page.js";
import { executable, newProfile, type RunningBrowser, startBrowser, startSite } from "./support.js";

declare const page: Page;

const kills = Number(process.env.HOLDALL_BROWSER_KILLS ?? 3);

test.skipIf(executable === undefined)(
  `kill -9 of the browser at ${kills} random moments loses nothing that was acknowledged`,
  async () => {
    const site = await startSite();
    const profile = newProfile();
    let browser: RunningBrowser | undefined;
    try {
      let acknowledged = -1;
      for (let round = 0; round < kills; round++) {
        const running = await startBrowser(profile.path, site.origin);
        browser = running;
        const { texts, number } = await running.page.evaluate((name) => page.read(name), `reader-${round}`);
        let latest = -1;
        for (let at = 0; at < 20; at++) {
          expect(texts[`left:${at}`]).toBe(texts[`right:${at}`]);
          latest = Math.max(latest, Number.parseInt(texts[`left:${at}`] ?? "-1", 10));
        }
        // More may be there than was told: what the page has said dies with the browser, on its way here.
        expect(latest, `round ${round}`).toBeGreaterThanOrEqual(acknowledged);
        expect(number).toBe(latest + 1);
        acknowledged = latest;

        const enough = acknowledged + 1 + Math.floor(Math.random() * 30);
        const reached = new Promise<void>((resolve) => {
          running.page.on("console", (message) => {
            acknowledged = Math.max(acknowledged, Number(message.text()));
            if (acknowledged >= enough) resolve();
          });
        });
        // It ends when the browser does.
        running.page.evaluate(([name, first]) => page.write(name, first), [`writer-${round}`, acknowledged + 1] as const).catch(() => {});
        await reached;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
        await running.end("SIGKILL");
        browser = undefined;
      }
    } finally {
      await browser?.end("SIGKILL");
      await profile.remove();
      await site.close();
    }
  },
  kills * 60_000 + 60_000,
);
