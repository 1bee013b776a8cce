/**
 * The browser example, in a real Chromium: the page shows the run and its store, two tabs share it, and a reload in the middle goes on.
 *
 * `HOLDALL_SCREENSHOTS=<folder>` keeps pictures of it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chromiumFlags, findChromium } from "../../scripts/lib/chromium.mjs";

const nodes = ["draft", "proofread", "film", "develop", "gallery", "layout", "review", "publish", "rewrite"];
const screenshots = process.env.HOLDALL_SCREENSHOTS;
/** How long is waited for what the page is to show, in milliseconds. */
const patience = 100_000;

/** Where each node stands, as the page shows it. */
const standings = (page: Page): Promise<Record<string, string>> =>
  page.$$eval("#graph .node", (cards) =>
    Object.fromEntries(
      cards.map((card) => [card.querySelector(".name")?.textContent ?? "", (card as HTMLElement).dataset.standing ?? ""] as const),
    ),
  );
/** What the page shows of the store. */
const entries = (page: Page): Promise<Record<string, string>> =>
  page.$$eval("#entries tr", (rows) =>
    Object.fromEntries(rows.map((row) => [...row.children].slice(0, 2).map((cell) => cell.textContent ?? "") as [string, string])),
  );
const reaches = (page: Page, node: string, standing: string) =>
  page.waitForFunction(
    ([name, wanted]) =>
      [...document.querySelectorAll<HTMLElement>("#graph .node")].some(
        (card) => card.querySelector(".name")?.textContent === name && card.dataset.standing === wanted,
      ),
    [node, standing] as const,
    { timeout: patience },
  );
const published = (page: Page) => page.waitForSelector('#status[data-status="completed"]', { timeout: patience });
/** How often each instance of a node began, by the runner's own records. */
async function starts(page: Page): Promise<number[]> {
  await page.check("#all");
  const records = Object.entries(await entries(page)).filter(([key]) => key.startsWith("node:"));
  return records.map(([, text]) => Number(/"starts":(\d+)/.exec(text)?.[1] ?? 0));
}

describe.skipIf(!findChromium())("the page", () => {
  let server: ChildProcess;
  let address: string;
  let browser: Browser;
  let context: BrowserContext;
  const problems: string[] = [];

  beforeAll(async () => {
    server = spawn(process.execPath, [fileURLToPath(new URL("../../examples/browser/serve.mjs", import.meta.url)), "--port", "0"]);
    address = await new Promise((resolve, reject) => {
      server.stdout?.setEncoding("utf8").on("data", (text: string) => resolve(/http:\S+/.exec(text)?.[0] ?? ""));
      server.once("exit", reject);
    });
    browser = await chromium.launch({ executablePath: findChromium() ?? "chromium", args: chromiumFlags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.kill();
  });
  // A browser of its own for each test: nothing is in its store.
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1_280, height: 860 } });
    context.setDefaultTimeout(patience);
    problems.length = 0;
    return () => context.close();
  });

  const open = async (pace: number) => {
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(`${address}?pace=${pace}`);
    await page.waitForSelector("#start:not([disabled]), #status[data-status='running']");
    return page;
  };
  const picture = async (page: Page, name: string) => {
    if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  };

  it("shows a run from its beginning to its end: nodes, edges, and what is in the store", async () => {
    const page = await open(0.5);
    expect(await standings(page)).toEqual(Object.fromEntries(nodes.map((node) => [node, "to come"])));
    expect(await page.locator("#edges path").count()).toBe(9);
    await picture(page, "empty");
    await page.click("#start");
    await page.waitForFunction(() => /[345] of 6 done/.test(document.querySelector("#graph")?.textContent ?? ""), undefined, {
      polling: 20,
    });
    await picture(page, "running");
    await published(page);
    await picture(page, "published");
    const { rewrite, ...others } = await standings(page);
    expect(rewrite).toBe("skipped");
    expect(new Set(Object.values(others))).toEqual(new Set(["completed"]));
    const shown = await entries(page);
    expect(shown).toMatchObject({ "mistakes mended": "6", pages: "6", words: "840", title: expect.stringMatching(/^Three days in \w+$/) });
    expect(Object.keys(shown).filter((key) => key.startsWith("photo "))).toHaveLength(6);
    expect(await page.locator("#events li").allTextContents()).toContainEqual(
      expect.stringContaining("develop[2] failed: The lamp went out"),
    );
    expect(await page.locator("#start").isEnabled()).toBe(true);
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "dark");
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, "phone");
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(problems).toEqual([]);
  });

  it("goes on where it was when it is reloaded in the middle, and runs nothing again that was done", async () => {
    // Slow enough that the run is not over before the page is back.
    const page = await open(1);
    await page.click("#start");
    await reaches(page, "film", "completed");
    const before = await entries(page);
    await page.reload();
    await page.waitForSelector("#status[data-status='running']");
    expect(await entries(page)).toMatchObject(before);
    expect((await standings(page)).film).toBe("completed");
    await published(page);
    // Two nodes were under way at most; the one photo that was spoilt began twice anyway.
    const again = (await starts(page)).filter((count) => count > 1);
    expect(again.length).toBeLessThanOrEqual(3);
    expect(problems).toEqual([]);
  });

  it("shows the same run in a second tab, which takes part in it", async () => {
    const [first, second] = [await open(0.5), await open(0.5)];
    await first.click("#start");
    await Promise.all([published(first), published(second)]);
    expect(await entries(second)).toEqual(await entries(first));
    expect(await standings(second)).toEqual(await standings(first));
    expect(await second.textContent("#tab")).not.toBe(await first.textContent("#tab"));
    await first.check("#all");
    const workers = Object.entries(await entries(first)).flatMap(([key, text]) =>
      key.startsWith("node:") ? (/"worker":"([^"]+)"/.exec(text)?.[1] ?? []) : [],
    );
    expect(new Set(workers).size).toBe(2);
    expect(problems).toEqual([]);
  });

  it("serves nothing but itself", async () => {
    for (const path of ["package.json", "dist/../package.json", "dist/..%2fpackage.json", "node_modules/vite/package.json"]) {
      expect((await fetch(address + path)).status, path).toBe(404);
    }
  });
});
