/**
 * Processes of their own for tests: programs that use the DataStore, which can be killed as a crash would, and talk in lines.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { root } from "../../scripts/lib/run.mjs";

/** A program under way. */
export interface Running {
  /** The next line that it prints; rejects when it ends without one. */
  line(): Promise<string>;
  /** Waits for its end, and gives what it printed that was not read. Rejects unless it ends well. */
  end(): Promise<string[]>;
  /** Ends it as a crash would (`kill -9`), and gives what it printed that was not read. */
  kill(): Promise<string[]>;
}

/** A folder with the DataStore as one file. */
export interface Programs {
  /** Runs a program, in which the modules are there by their names and `port` is the server's. */
  run(program: string, port: number): Running;
  /** Removes the folder. */
  remove(): void;
}

/** What programs are given where nothing else is said: names, and where in the sources they are from. */
const dataStoreAlone: Readonly<Record<string, string>> = { DataStore: "ts/datastore/index.ts" };

/** Bundles modules as they are in the sources. Below the repository their optional peers are found; elsewhere they are not. */
export async function programs(parent = join(root, "target", "holdall"), modules = dataStoreAlone): Promise<Programs> {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "programs-"));
  const outfile = join(folder, "modules.mjs");
  const contents = Object.entries(modules)
    .map(([name, path]) => `export { ${name} } from "./${path}";`)
    .join("\n");
  const stdin = { contents, resolveDir: root };
  await build({ stdin, bundle: true, format: "esm", platform: "neutral", target: "node20", external: ["ioredis"], outfile });
  let count = 0;
  return {
    run(program, port) {
      count += 1;
      const file = join(folder, `program${count}.mjs`);
      writeFileSync(file, `import { ${Object.keys(modules)} } from "./modules.mjs";\nconst port = ${port};\n${program}\n`);
      return started(spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] }));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function started(child: ChildProcess): Running {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  const left = async () => {
    const unread: string[] = [];
    for (let next = await lines.next(); !next.done; next = await lines.next()) unread.push(next.value);
    return unread;
  };
  return {
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error("the program ended");
      return value;
    },
    async end() {
      const unread = await left();
      const [code, signal] = await exited;
      if (code !== 0) throw new Error(`the program ended with ${code ?? signal}`);
      return unread;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
      return left();
    },
  };
}
