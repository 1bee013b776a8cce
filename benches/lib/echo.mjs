/**
 * The other process of `lib/answers.mjs`, which answers each commit of `ping` by one of `pong`: `node echo.mjs redis PORT`, or `node echo.mjs kubernetes KUBECONFIG`.
 *
 * @module
 */
import { openStore } from "holdall";
import { kubernetes } from "holdall/backends/kubernetes";
import { redis } from "holdall/backends/redis";

const [, , medium, address = ""] = process.argv;
const backend = medium === "redis" ? redis({ url: `redis://127.0.0.1:${address}` }) : kubernetes({ kubeConfig: address });
const store = await openStore({ backend, name: "bench" });
store.watch("ping", ({ value }) => store.set("pong", value ?? null));
process.send?.("ready");
