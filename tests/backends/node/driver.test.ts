/** Whatever a backend does to what is sent to it, each call comes to what it must, nothing waits for ever, and what is there at the end is what was accepted. */
import { test } from "vitest";
import { openStore } from "../../../ts/index.js";
import { playLife } from "./driver.trial.js";
import { livesOf, playLives } from "./lives.js";

const lives = livesOf("HOLDALL_DRIVER", 40);

test(`seed ${lives.seed}: random lives of two replicas come to what they must`, { timeout: lives.timeout }, () =>
  playLives(lives, openStore, playLife),
);
