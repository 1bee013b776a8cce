// @ts-check
/**
 * The other system: takes each version of a configuration by HTTP. It is simulated here, with books of its own; it refuses what it is told to refuse, and it
 * knows a version that it has had already by its idempotency key, as such systems do: what an operator does outside of its store can happen twice, when a
 * replica dies before it could say so.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * Gives the function by which a replica publishes.
 *
 * @param {string} url
 * @param {string} replica
 */
export function publishTo(url, replica) {
  /**
   * @param {import("./reconciler.mjs").Configuration} configuration
   * @param {{ signal: AbortSignal }} options
   */
  return async ({ name, version, uid, data }, { signal }) => {
    const headers = { "content-type": "application/json", "idempotency-key": `${uid}@${version}`, "user-agent": replica };
    const body = JSON.stringify({ name, version, data });
    const response = await fetch(`${url}/configurations`, { method: "POST", headers, body, signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the publisher says ${response.status}`);
  };
}

/**
 * What was published.
 *
 * @typedef {object} Booking
 * @property {string} name
 * @property {string} version
 * @property {string} by The replica that published it first.
 * @property {number} repeats How often it was published again.
 */

/** The publisher. */
export class Publisher {
  /** Its books, by idempotency key. @type {Map<string, Booking>} */
  books = new Map();
  /** How often it has refused a version, by idempotency key. @type {Map<string, number>} */
  #refusals = new Map();
  /** @type {{ name: string, reached: (replica: string) => void, until: Promise<void> } | undefined} */
  #held;
  #server = createServer((request, response) => void this.#answer(request, response));

  /** Starts it on a free port; gives its address. */
  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${address.port}`;
  }

  /**
   * Books the next version of a configuration and holds its answer back.
   *
   * @param {string} name
   * @returns {{ reached: Promise<string>, release: () => void }} Who has published it, and what lets it go on.
   */
  hold(name) {
    /** @type {() => void} */
    let release = () => {};
    const until = new Promise((/** @type {(value: void) => void} */ resolve) => {
      release = resolve;
    });
    const reached = new Promise((/** @type {(replica: string) => void} */ resolve) => {
      this.#held = { name, reached: resolve, until };
    });
    return { reached, release };
  }

  /** Stops it. */
  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #answer(request, response) {
    let text = "";
    for await (const piece of request.setEncoding("utf8")) text += piece;
    const { name, version, data } = /** @type {import("./reconciler.mjs").Configuration} */ (JSON.parse(text));
    const key = String(request.headers["idempotency-key"]);
    const by = String(request.headers["user-agent"]);
    const refused = this.#refusals.get(key) ?? 0;
    if (refused < Number(data.refusals ?? 0)) {
      this.#refusals.set(key, refused + 1);
      response.writeHead(503).end();
      return;
    }
    const booked = this.books.get(key);
    if (booked) booked.repeats++;
    else this.books.set(key, { name, version, by, repeats: 0 });
    if (this.#held?.name === name) {
      const { reached, until } = this.#held;
      this.#held = undefined;
      reached(by);
      await until;
    }
    response.writeHead(204).end();
  }
}
