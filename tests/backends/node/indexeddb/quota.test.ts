/**
 * A quota that is used up is a refusal to whose commit it is, and to nobody else.
 *
 * In a browser of its own, since one remembers for a while how much room an origin had.
 */
import { expect, test } from "vitest";
import type { Page } from "./page.js";
import { executable, newProfile, startBrowser, startSite } from "./support.js";

declare const page: Page;

test.skipIf(executable === undefined)("a quota that is used up refuses one commit, and takes those that fit", async () => {
  const site = await startSite();
  const profile = newProfile();
  const browser = await startBrowser(profile.path, site.origin);
  try {
    const session = await browser.page.context().newCDPSession(browser.page);
    await session.send("Storage.overrideQuotaForOrigin", { origin: site.origin, quotaSize: 4 * 2 ** 20 });
    const { answers, texts } = await browser.page.evaluate(() => page.fill());
    expect(answers).toMatchObject([{ type: "committed" }, { type: "refused", code: "QUOTA_EXCEEDED" }, { type: "committed" }]);
    expect(texts).toEqual({ a: "1", c: "1" });
  } finally {
    await browser.end("SIGKILL");
    await profile.remove();
    await site.close();
  }
});
