/**
 * The other process of `rows/redis.mjs`, which answers each commit of `ping` by one of `pong`: `node echo.mjs PORT`.
 *
 * @module
 */
import { openStore } from "holdall";
import { redis } from "holdall/backends/redis";

const store = await openStore({ backend: redis({ url: `redis://127.0.0.1:${process.argv[2]}` }), name: "bench" });
store.watch("ping", ({ value }) => store.set("pong", value ?? null));
process.send?.("ready");
