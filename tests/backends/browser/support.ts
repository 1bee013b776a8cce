/**
 * What the tests of the IndexedDB backend share: databases of their own, and tabs that write.
 *
 * @module
 */
import { deleteDB } from "idb";
import { afterEach } from "vitest";
import type { Backend } from "../../../ts/backends/backend.js";
import { indexedDb } from "../../../ts/backends/indexeddb/index.js";
import { Replica } from "../../../ts/testing/suites/backend/trial.js";

const databases: string[] = [];
const backends: Backend[] = [];
const frames = new Set<HTMLIFrameElement>();

afterEach(async () => {
  for (const frame of frames) frame.remove();
  frames.clear();
  await Promise.all(backends.splice(0).map((backend) => backend.close()));
  await Promise.all(databases.splice(0).map((database) => deleteDB(database)));
});

/** A database of its own, removed after the test. */
export function newDatabase(): string {
  const database = `test-${Math.random()}`;
  databases.push(database);
  return database;
}

/** Opens a store by a connection of its own. */
export async function openReplica(database: string): Promise<Replica> {
  const backend = indexedDb({ database });
  backends.push(backend);
  const replica = `test-${Math.random()}`;
  return new Replica(await backend.open({ name: "s", scope: "", replica }), replica);
}

/** Opens a frame with a page of its own, whose program finds in its name what it is to do. */
export function openFrame(task: object, program: URL): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.name = JSON.stringify(task);
  // The runner rewrites imports that are made late, to a function which only its own page has.
  const runner = "globalThis.__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() };";
  frame.srcdoc = `<script>${runner}</script><script type="module" src="${program.href}"></script>`;
  document.body.append(frame);
  frames.add(frame);
  return frame;
}

/** A tab that writes. */
export interface Tab {
  /** The numbers of the commits that were acknowledged. */
  readonly acknowledged: readonly number[];
  /** Waits until so many have been. */
  reaches(count: number): Promise<void>;
  /** Ends it at once, in the midst of whatever it does; resolves when all that it had told is heard. */
  kill(): Promise<void>;
}

/** Opens a tab that writes from a number on. */
export function openTab(database: string, replica: string, first: number): Tab {
  const acknowledged: number[] = [];
  let look = () => {};
  const hear = ({ data }: MessageEvent) => {
    if (data?.replica !== replica) return;
    acknowledged.push(data.at);
    look();
  };
  window.addEventListener("message", hear);
  const frame = openFrame({ database, replica, first }, new URL("./tab.ts", import.meta.url));
  return {
    acknowledged,
    reaches: (count) =>
      new Promise((resolve) => {
        look = () => {
          if (acknowledged.length >= count) resolve();
        };
        look();
      }),
    async kill() {
      frame.remove();
      frames.delete(frame);
      // What it had told before stands in the line before this.
      const all = `all of ${replica}`;
      const told = new Promise<void>((resolve) => {
        const end = ({ data }: MessageEvent) => {
          if (data !== all) return;
          window.removeEventListener("message", end);
          resolve();
        };
        window.addEventListener("message", end);
      });
      window.postMessage(all, "*");
      await told;
      window.removeEventListener("message", hear);
    },
  };
}
