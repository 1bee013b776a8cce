/**
 * A client of a real Redis server whose scripts go by a clock that a test moves: what expires there does so without a sleep.
 *
 * The server's own time cannot be set, but scripts ask for it by one command. It is replaced by the clock's time on the way; nothing else of what is sent or
 * answered is touched.
 *
 * @module
 */
import type { RedisClient } from "../../ts/backends/redis/index.js";
import type { Clock } from "../../ts/index.js";

const question = "redis.call('TIME')";

/** A client that tells scripts the time of a clock, and is the given one in all else. */
export function clocked(client: RedisClient, clock: Pick<Clock, "now">): RedisClient {
  return {
    isCluster: client.isCluster,
    options: client.options,
    duplicate: (override) => clocked(client.duplicate(override), clock),
    connect: () => client.connect(),
    disconnect: () => client.disconnect(),
    on: (event, listener) => client.on(event, listener),
    async callBuffer(command, ...parameters) {
      // What the server knows by its checksum says another time.
      if (command === "evalsha") throw Object.assign(new Error("NOSCRIPT the script is told the time anew"), { name: "ReplyError" });
      if (command !== "eval") return client.callBuffer(command, ...parameters);
      const [script, ...rest] = parameters;
      const now = clock.now();
      const time = `{ ${Math.floor(now / 1_000)}, ${Math.round((now % 1_000) * 1_000)} }`;
      return client.callBuffer(command, String(script).replaceAll(question, time), ...rest);
    },
  };
}
