/**
 * Running other programs: the one place that spawns, so that every command is shown the same way and fails the same way.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * Says what is being done, so that a wait is never silent.
 *
 * @param {string} message
 */
export function say(message) {
  process.stdout.write(`• ${message}\n`);
}

/** Something that the person at the keyboard has to do; printed without a stack. */
export class Refusal extends Error {}

/**
 * The first file called `name` on a search path that may be run, or `undefined`.
 *
 * @param {string} name
 */
export function findOnPath(name, path = process.env.PATH ?? "") {
  for (const folder of path.split(delimiter)) {
    if (folder === "") continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** @typedef {{ env?: NodeJS.ProcessEnv, cwd?: string, capture?: boolean, echo?: boolean }} RunOptions */

/**
 * Runs a program from the root of the repository and waits for it.
 *
 * `capture` collects what it prints; `echo` (default: unless captured) also shows it. Never throws for a failing program: see `must`.
 *
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(program, parameters, { env = process.env, cwd = root, capture = false, echo = !capture } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { cwd, env, stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit" });
    /** @type {string[]} */
    const pieces = [];
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from?.setEncoding("utf8");
      from?.on("data", (/** @type {string} */ piece) => {
        pieces.push(piece);
        if (echo) to.write(piece);
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: `${pieces.join("")}${program}: ${error.message}\n` }));
    child.on("close", (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output: pieces.join("") }));
  });
}

/**
 * As `run`, and a program that fails ends everything with its output shown.
 *
 * @param {string} program
 * @param {readonly string[]} parameters
 * @param {RunOptions} [options]
 */
export async function must(program, parameters, options = {}) {
  const result = await run(program, parameters, options);
  if (result.code !== 0) {
    if (options.capture && !options.echo) process.stderr.write(result.output);
    throw new Refusal(`\`${[program, ...parameters].join(" ")}\` failed (exit code ${result.code}).`);
  }
  return result;
}

/**
 * Runs the body of a script: a `Refusal` is printed as text, anything else with its stack; both end with exit code 1.
 *
 * @param {() => Promise<unknown>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Refusal ? `\n✗ ${error.message}` : error);
    process.exitCode = 1;
  }
}
