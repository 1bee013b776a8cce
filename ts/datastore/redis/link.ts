/**
 * One connection: commands go out once, and get an answer or an error within their time.
 *
 * Always holds: nothing is queued for later and nothing is sent twice (the client's own queues and repetitions are off); a connection on which an
 * answer is overdue takes no more commands, and ends when those under way are settled.
 *
 * @module
 */
import type { RedisClientModule } from "../../clients/ioredis.js";
import type { Milliseconds } from "../../store/types/index.js";
import { failureOf, isDemoted, NotSent, unanswered } from "./failures.js";
import { type ScriptedClient, withScripts } from "./scripts.js";

/** One command of a client. */
export type Command<T> = (client: ScriptedClient) => Promise<T>;

/** What keeps the client from acting on its own: connections are made and made again by `Session`. */
const noInitiative = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: null,
  reconnectOnError: null,
};

/** One connection. */
export class Link {
  readonly #client: ScriptedClient;
  /** Fulfils when the client has let go of the connection. */
  readonly #ended: Promise<void>;
  #underWay = 0;
  #isRetired = false;

  private constructor(client: ScriptedClient) {
    this.#client = client;
    this.#ended = new Promise((resolve) => {
      client.on("end", () => resolve());
    });
  }

  /** Connects, within a time. Rejects with what the client says. */
  static async open({ Redis }: RedisClientModule, options: Readonly<Record<string, unknown>>, within: Milliseconds): Promise<Link> {
    const client = new Redis({ ...options, ...noInitiative, connectTimeout: within });
    let failure: unknown;
    // The client goes on after a refused SELECT, with another database; and it waits for ever for a server that says nothing.
    const fail = (error: unknown) => {
      failure ??= error;
      if (client.status !== "ready") client.disconnect();
    };
    client.on("error", fail);
    const timer = setTimeout(fail, within, new Error("no answer in time"));
    try {
      await client.connect();
    } catch (error) {
      client.disconnect();
      throw failure ?? error;
    } finally {
      clearTimeout(timer);
    }
    return new Link(withScripts(client));
  }

  /** Whether it takes commands. */
  get isOpen(): boolean {
    return !this.#isRetired && this.#client.status === "ready";
  }

  /** Sends a command. Rejects with `NotSent`, or with an error of the family. */
  send<T>(command: Command<T>, within: Milliseconds): Promise<T> {
    if (!this.isOpen) return Promise.reject(new NotSent());
    this.#underWay += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(unanswered());
        void this.retire();
        settle();
      }, within);
      let isSettled = false;
      const settle = () => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        this.#underWay -= 1;
        if (this.#isRetired && this.#underWay === 0) this.close();
      };
      command(this.#client).then(
        (answer) => {
          resolve(answer);
          settle();
        },
        (error) => {
          const failure = failureOf(error);
          if (failure instanceof NotSent || isDemoted(error)) void this.retire();
          reject(failure);
          settle();
        },
      );
    });
  }

  /** Takes no more commands, and ends when those under way are settled; then the promise fulfils. */
  retire(): Promise<void> {
    this.#isRetired = true;
    if (this.#underWay === 0) this.close();
    return this.#ended;
  }

  /** Ends at once. */
  close(): void {
    this.#isRetired = true;
    this.#client.disconnect();
  }
}
