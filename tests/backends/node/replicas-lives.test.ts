/** Whatever becomes of the replicas of a store, its backend and its engine, nobody hears what is not so, and all come to show the same. */
import { readFile } from "node:fs/promises";
import { test, vi } from "vitest";
import type { RawStore } from "../../../pkg/holdall.js";
import { opener } from "../../../ts/opener.js";
import { storeFactory } from "../../../ts/store/factory.js";
import { coreOf, type StoreView } from "../../../ts/store/view.js";
import { codeOf, livesOf, playLives } from "./lives.js";
import { Life } from "./replicas.trial.js";

vi.mock("../../../pkg/holdall.js", () => import("../../../target/holdall/trap/holdall.js" as string));

const bytes = await readFile("target/holdall/trap/holdall_bg.wasm");
const createStore = storeFactory(() => bytes);

/** Lets the engine fail in the middle of a change. */
function trap(): void {
  const raw = coreOf(createStore() as unknown as StoreView).raw as RawStore & { trap(): never };
  try {
    raw.trap();
  } catch (error) {
    if (codeOf(error) !== "ENGINE_FAILED") throw error;
  }
}

const lives = livesOf("HOLDALL_REPLICA", 40);

test(`seed ${lives.seed}: random lives of replicas contradict themselves nowhere`, { timeout: lives.timeout }, () =>
  playLives(
    lives,
    opener(() => () => bytes),
    (seed, openStore) => new Life(seed, openStore, trap).play(),
  ),
);
