/**
 * A script on its way to a server: named by its checksum, and sent as a whole where the server does not know it (any more).
 *
 * @module
 */

import type { Reply } from "./bytes.js";
import type { RedisClient } from "./client.js";
import { replyCode } from "./failures.js";

/** A command that is sent right behind a script, on the same connection. */
export type Behind = readonly [command: string, ...parameters: (string | number)[]];

/** What a script, and the command behind it, have answered. */
export interface Answers {
  /** The script's list. */
  readonly reply: Reply;
  /** What the command behind it answered. */
  readonly behind: unknown;
}

/** A script. */
export class Script {
  readonly #source: string;
  #checksum: Promise<string> | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** Runs it. A script cache that was flushed is no failure: nothing has run then. */
  async run(client: RedisClient, keys: readonly string[], parameters: readonly unknown[], behind?: Behind): Promise<Answers> {
    this.#checksum ??= sha1(this.#source);
    try {
      return await send(client, "evalsha", await this.#checksum, keys, parameters, behind);
    } catch (error) {
      if (replyCode(error) !== "NOSCRIPT") throw error;
      return await send(client, "eval", this.#source, keys, parameters, behind);
    }
  }
}

async function send(
  client: RedisClient,
  command: string,
  script: string,
  keys: readonly string[],
  parameters: readonly unknown[],
  behind: Behind | undefined,
): Promise<Answers> {
  const running = client.callBuffer(command, script, keys.length, ...keys, ...parameters);
  const waiting = behind && client.callBuffer(...behind);
  // It fails as the script does; whoever waits for both hears of it once.
  waiting?.catch(() => {});
  return { reply: (await running) as Reply, behind: await waiting };
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
