/** Whatever a backend does to what is sent to it, each call comes to what it must, nothing waits for ever, and what is there at the end is what was accepted. */
import { test } from "vitest";
import { playLife } from "./driver.trial.js";

const seed = Number(process.env.HOLDALL_DRIVER_SEED ?? Math.floor(Math.random() * 2 ** 31));
const lives = Number(process.env.HOLDALL_DRIVER_LIVES ?? 20);

test(`seed ${seed}: random lives of two replicas come to what they must`, { timeout: 240_000 + lives * 5_000 }, async () => {
  for (let life = 0; life < lives; life++) await playLife(seed + life, 60);
});
