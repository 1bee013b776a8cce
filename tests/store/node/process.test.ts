/** Promises that only a process of one's own can keep: a pending deadline keeps no process alive, and what listeners throw is not lost. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "holdall-"));
const bundle = join(folder, "holdall.mjs");

beforeAll(async () => {
  await build({ entryPoints: ["ts/index.ts"], bundle: true, format: "esm", platform: "neutral", target: "node20", outfile: bundle });
});
afterAll(() => rmSync(folder, { recursive: true }));
vi.setConfig({ testTimeout: 300_000 });

function run(program: string) {
  const code = `import { createStore } from ${JSON.stringify(bundle)};\n${program}`;
  return spawnSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", code], { encoding: "utf8", timeout: 200_000 });
}

describe("a process", () => {
  it("exits although deadlines are pending", () => {
    const started = Date.now();
    const { status, stdout, stderr } = run(`
      const store = createStore({ defaultTtl: "1h" });
      store.set("k", 1);
      store.scope("s").set("k", 1, { ttl: "52w" });
      console.log(store.size);
    `);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "2\n", stderr: "" });
    expect(Date.now() - started).toBeLessThan(150_000);
  });

  it("hears of an expiry by the platform's own clock and timer", () => {
    const { status, stdout, stderr } = run(`
      const store = createStore();
      const alive = setTimeout(() => process.exit(3), 100_000);
      store.watch(({ type, key }) => {
        console.log(type, key);
        if (type === "expire") clearTimeout(alive);
      });
      store.set("k", 1, { ttl: 20 });
    `);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "set k\nexpire k\n", stderr: "" });
  });

  // The timer held the store only where somebody listened at the time of the write.
  it("hears of an expiry whether it began to listen before or after the write, though nobody holds the store", () => {
    const { stdout } = run(`
      const heard = [];
      const alive = setTimeout(() => process.exit(3), 100_000);
      const note = (name) => { if (heard.push(name) === 5) { clearTimeout(alive); console.log(heard.sort().join(" ")); } };
      const ttl = { ttl: 300 };
      const expired = (name) => ({ type }) => type === "expire" && note(name);
      (() => { const s = createStore(); s.watch(expired("watchedBefore")); s.set("k", 1, ttl); })();
      (() => { const s = createStore(); s.set("k", 1, ttl); s.watch(expired("watched")); })();
      (() => { const s = createStore(); s.set("k", 1, ttl); s.subscribe(({ changes }) => expired("subscribed")(changes[0])); })();
      (() => { const s = createStore(); s.set("k", 1, ttl); s.changes().next().then(() => note("fed")); })();
      (() => { const s = createStore(); s.set("k", 1, ttl); s.waitFor("k", (value) => value === undefined).then(() => note("waited")); })();
      setTimeout(() => globalThis.gc(), 50);
      setTimeout(() => globalThis.gc(), 100);
    `);
    expect(stdout).toBe("fed subscribed waited watched watchedBefore\n");
  });

  it("gets back what a store held that somebody has stopped listening to, before its entries expire", () => {
    const { stdout } = run(`
      let collected = 0;
      const registry = new FinalizationRegistry(() => { collected += 1; });
      for (let count = 0; count < 20; count++) {
        const store = createStore();
        registry.register(store, 0);
        const stop = store.watch(() => {});
        store.set("k", 1, { ttl: "1h" });
        stop();
      }
      for (let round = 0; round < 2_000 && collected < 19; round++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      console.log(collected >= 19);
      process.exit();
    `);
    expect(stdout).toBe("true\n");
  });

  it("gets what a listener throws as an uncaught error, where nobody takes it, after the write is done", () => {
    const { status, stdout } = run(`
      const store = createStore();
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      store.watch(() => { throw new Error("first"); });
      store.watch(() => { throw new Error("second"); });
      store.set("k", 1);
      console.log("written", store.get("k"));
    `);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "written 1\nuncaught first\nuncaught second\n" });
  });

  it("gets what onError itself throws, too", () => {
    const { stdout } = run(`
      const store = createStore({ onError(error) { throw new Error("from onError, after " + error.message); } });
      process.on("uncaughtException", (error) => console.log(error.message));
      store.watch(() => { throw new Error("listener"); });
      store.set("k", 1);
    `);
    expect(stdout).toBe("from onError, after listener\n");
  });

  it("has no prototype of its own polluted, and compiles nothing at import", () => {
    const { stdout } = run(`
      console.log(Object.keys(Object.prototype).length, process.memoryUsage().external < 40e6);
      const store = createStore();
      store.set("__proto__", { polluted: true }, { properties: JSON.parse('{"__proto__":{"polluted":true}}') });
      console.log(({}).polluted, store.get("__proto__").polluted);
    `);
    expect(stdout).toBe("0 true\nundefined true\n");
  });

  it("gives back what a store held that nobody holds any more, pending deadline and all", () => {
    const { stdout, status } = run(`
      const turn = () => new Promise((done) => setImmediate(done));
      for (let round = 0; round < 70; round++) {
        const store = createStore();
        store.set("large", new Uint8Array(64 * 2 ** 20), { ttl: "1h" });
        if (round % 8 === 7) { gc(); await turn(); await turn(); }
      }
      console.log("fits");
    `);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "fits\n" });
  });
});
