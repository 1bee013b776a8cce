/** The installed package works in workerd, the runtime of Cloudflare Workers, which compiles no wasm at run time. */
import { spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as esbuild from "esbuild";
import { expect, test } from "vitest";
import { freePorts } from "../../scripts/lib/server-process.mjs";
import { body, expected, imports } from "./program.js";
import { folder, output, write } from "./support.js";

/** Bundled as wrangler does: by the `workerd` condition, with imports of wasm left for the runtime. */
async function bundle(): Promise<string> {
  const entry = write("worker/worker.js", `${imports}export default { fetch() {${body}return new Response(result); } };\n`);
  const outfile = join(folder, "worker/dist/worker.js");
  const { metafile } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm"],
    metafile: true,
    outfile,
    logLevel: "silent",
  });
  expect(Object.keys(metafile.inputs).filter((path) => path.includes("inlined"))).toEqual([]);
  copyFileSync(join(folder, "node_modules/holdall/dist/holdall_bg.wasm"), join(dirname(outfile), "holdall_bg.wasm"));
  return outfile;
}

/** The binary itself: the script in front of it would not pass on the signal that ends it. */
const workerd = join(folder, "node_modules", "@cloudflare", "workerd-linux-64", "bin", "workerd");

test.skipIf(!existsSync(workerd))("a worker keeps a store, with the engine imported as a module", async () => {
  await bundle();
  const [port] = await freePorts(1);
  const config = write(
    "worker/dist/config.capnp",
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2026-01-01",
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "holdall_bg.wasm", wasm = embed "holdall_bg.wasm"),
    ],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const runtime = spawn(workerd, ["serve", config, "--control-fd=3"], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let said = "";
  runtime.stderr?.on("data", (piece) => {
    said += piece;
  });
  try {
    await new Promise<void>((resolve, reject) => {
      // workerd tells on its control pipe when a socket listens.
      runtime.stdio[3]?.once("data", () => resolve());
      runtime.once("exit", (code) => reject(new Error(`workerd ended with ${code}: ${said}`)));
    });
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const text = await response.text();
    expect(response.status, `${text}\n${said}`).toBe(200);
    expect(JSON.parse(text)).toEqual(expected);
  } finally {
    const ended = new Promise((resolve) => runtime.once("close", resolve));
    runtime.kill();
    await ended;
  }
});

test("the bundle for workers runs on a module that was compiled elsewhere", async () => {
  await bundle();
  const driver = `import { readFileSync, writeFileSync } from "node:fs";
const bundled = readFileSync("worker/dist/worker.js", "utf8");
const wasm = 'const bytes = await (await import("node:fs/promises")).readFile(new URL("./holdall_bg.wasm", import.meta.url));';
const source = bundled.replace(/^import (\\w+) from "\\.\\/holdall_bg\\.wasm";$/m, (_, name) => wasm + "const " + name + " = new WebAssembly.Module(bytes);");
writeFileSync("worker/dist/in-node.mjs", source);
const { default: worker } = await import("./worker/dist/in-node.mjs");
console.log(await worker.fetch().text());
`;
  write("drive-worker.mjs", driver);
  expect(JSON.parse(await output(process.execPath, ["drive-worker.mjs"]))).toEqual(expected);
});
