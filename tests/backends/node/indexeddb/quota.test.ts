/**
 * A quota that is used up is a refusal to whose commit it is, and to nobody else.
 *
 * In browsers of their own, since one remembers for a while how much room an origin had.
 */
import { expect, type OnTestFinishedHandler, onTestFinished, test } from "vitest";
import type { Page } from "./page.js";
import { executable, newProfile, startBrowser, startSite } from "./support.js";

declare const page: Page;

/** A page in a browser that ends with the test, and what sets how many bytes its origin may keep. */
async function startPage() {
  const endLater = (end: OnTestFinishedHandler) => onTestFinished(end);
  const site = await startSite();
  endLater(() => site.close());
  const profile = newProfile();
  endLater(() => profile.remove());
  const browser = await startBrowser(profile.path, site.origin);
  endLater(() => browser.end("SIGKILL"));
  const session = await browser.page.context().newCDPSession(browser.page);
  const setQuota = (quotaSize: number) => session.send("Storage.overrideQuotaForOrigin", { origin: site.origin, quotaSize });
  return { page: browser.page, setQuota };
}

test.skipIf(executable === undefined)("a quota that is used up refuses one commit, and takes those that fit", async () => {
  const { page: tab, setQuota } = await startPage();
  await setQuota(4 * 2 ** 20);
  const { answers, texts } = await tab.evaluate(() => page.fill());
  expect(answers).toMatchObject([{ type: "committed" }, { type: "refused", code: "QUOTA_EXCEEDED" }, { type: "committed" }]);
  expect(texts).toEqual({ a: "1", c: "1" });
});

test.skipIf(executable === undefined)("what is kept can be opened where nothing more can be", async () => {
  const { page: tab, setQuota } = await startPage();
  await setQuota(4 * 2 ** 20);
  const { kept, found } = await tab.evaluate(() => page.crowd());
  expect(kept).toBeGreaterThan(0);
  expect(found).toEqual([kept]);
});
