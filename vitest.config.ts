/**
 * How the TypeScript tests run: `node` has all but those that follow; `browser` runs the store's, Pepr's, the workflow's and the backends' again in a
 * headless Chromium; `redis` has what needs a Redis server, which each test file starts for itself; `kubernetes` what needs a Kubernetes API server,
 * one for all files that do not kill it; `packaging` installs the packed package into real projects.
 *
 * @module
 */
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumFlags, findChromium } from "./scripts/lib/chromium.mjs";

/** Tests that start Redis servers. */
const withRedis = [
  "tests/servers/**/*.test.ts",
  "tests/datastore/**/*.test.ts",
  "tests/backends/redis/**/*.test.ts",
  "tests/workflow/redis/**/*.test.ts",
  "tests/examples/redis/**/*.test.ts",
];

/** Tests that need a Kubernetes API server. */
const withKubernetes = ["tests/backends/kubernetes/**/*.test.ts", "tests/examples/operator.test.ts"];

/** Tests that need Node, or have no business in a browser. */
const nodeOnly = ["tests/pepr/node/**", "tests/store/node/**", "tests/backends/node/**", "tests/workflow/node/**"];

/** Tests of runs, which each project runs on the kinds of stores that it has: the file of that name in `tests/workflow/kinds`. */
const ofRuns = "tests/workflow/*.test.ts";

/** Those of them that know plain stores only, which is no business of a server. */
const ofPlainRuns = "tests/workflow/{plan,crashes,costs}.test.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The kinds of stores that runs are tested on. */
    stores: "node" | "browser" | "redis";
  }
}

/**
 * How long a test may take, and how long `expect.poll` waits for what must come, in milliseconds. What is tested ends in a fraction of it; a machine that is slow,
 * and busy with others, takes many times as long, and nothing is wrong then.
 */
const testTimeout = 240_000;
const hookTimeout = 480_000;
const expectPatience = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/packaging/**", "tests/backends/browser/**", ...withRedis, ...withKubernetes],
          environment: "node",
          provide: { stores: "node" },
          globalSetup: ["tests/store/node/setup.ts"],
          testTimeout,
          hookTimeout,
          expect: expectPatience,
        },
      },
      {
        test: {
          name: "redis",
          include: [...withRedis, ofRuns],
          exclude: [ofPlainRuns],
          environment: "node",
          provide: { stores: "redis" },
          testTimeout,
          hookTimeout,
          expect: expectPatience,
        },
      },
      {
        test: {
          name: "kubernetes",
          include: withKubernetes,
          environment: "node",
          globalSetup: ["tests/backends/kubernetes/setup.ts"],
          testTimeout,
          hookTimeout,
          expect: expectPatience,
          // Two API servers at once are as many as two cores bear.
          maxWorkers: 2,
        },
      },
      {
        optimizeDeps: { include: ["fast-check", "idb"] },
        test: {
          name: "browser",
          include: ["tests/store/**/*.test.ts", "tests/pepr/**/*.test.ts", "tests/workflow/**/*.test.ts", "tests/backends/**/*.test.ts"],
          exclude: [...nodeOnly, ...withRedis, ...withKubernetes],
          provide: { stores: "browser" },
          testTimeout,
          hookTimeout,
          expect: expectPatience,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: findChromium() ?? "chromium", args: chromiumFlags } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        test: {
          name: "packaging",
          include: ["tests/packaging/**/*.test.ts"],
          environment: "node",
          // One packed package and its consumers, made once by the global set-up; installs and bundlers take their time.
          globalSetup: ["tests/packaging/setup.ts"],
          testTimeout,
          hookTimeout,
        },
      },
    ],
  },
});
