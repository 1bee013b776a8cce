/**
 * A TCP proxy on the loopback, for tests of what happens when a network fails: it can cut its connections, refuse new ones, hold back what
 * passes in either direction, or delay it.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way through a proxy: `up` is what clients send, `down` what the server answers. */
export type Direction = "up" | "down";

/** A proxy to a server. */
export interface TcpProxy {
  /** Where it listens. */
  readonly host: string;
  /** The port to connect to instead of the server's. */
  readonly port: number;
  /** How many connections it has now. */
  readonly connections: number;
  /** Cuts all connections at once (a reset); new ones are taken. */
  cut(): void;
  /** Cuts all connections, and each new one, until `heal()`. */
  refuse(): void;
  /** Holds back what passes, in one direction or both, until `heal()`; connections stay open. */
  stall(direction?: Direction): void;
  /** The same of the connections that there are now: those to come are not held back. */
  stallPresent(direction: Direction): void;
  /** Cuts all connections as their clients see it. What they had sent, and was held back, goes on to the server at `heal()`: late, as from a network. */
  abandon(): void;
  /** Takes new connections and passes nothing on them, until `heal()`, which cuts them. */
  ignoreNew(): void;
  /** Passes everything on only after so many milliseconds, until `heal()`. */
  delay(milliseconds: number): void;
  /** Ends what `refuse`, `stall`, `stallPresent` and `delay` began; what was held back goes on in order. */
  heal(): void;
  /** Waits until a connection was refused since this call. */
  refused(): Promise<void>;
  /** Waits until bytes have come in from a side since this call: `up` from a client, `down` from the server. They need not have been passed on. */
  heard(direction: Direction): Promise<void>;
  /** Cuts all connections and stops listening. */
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy to a port of the loopback, or to a unix socket. */
export async function startProxy(target: number | string): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const held = new Map<Direction, (() => void)[]>([
    ["up", []],
    ["down", []],
  ]);
  const listeners = new Map<Direction, Set<() => void>>([
    ["up", new Set()],
    ["down", new Set()],
  ]);
  const refusals = new Set<() => void>();
  const stalled = new Set<Direction>();
  const stalledPresent = new Map<Direction, ReadonlySet<Socket>>();
  const ignored = new Set<Socket>();
  const abandoned = new Set<Socket>();
  let isIgnoring = false;
  let isRefusing = false;
  let delay = 0;

  function pass(direction: Direction, from: Socket, to: Socket): void {
    from.on("data", (bytes) => {
      const write = () => void (to.destroyed || to.write(bytes));
      const waiting = listeners.get(direction);
      for (const listener of waiting ?? []) listener();
      waiting?.clear();
      if (stalled.has(direction) || stalledPresent.get(direction)?.has(from)) held.get(direction)?.push(write);
      // Timers of one length run in the order in which they were set.
      else if (delay > 0) setTimeout(write, delay);
      else write();
    });
  }

  const cut = () => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    pairs.clear();
    for (const writes of held.values()) writes.length = 0;
  };

  const cutIgnored = () => {
    for (const client of ignored) client.destroy();
    ignored.clear();
  };

  const listening = createServer((client) => {
    if (isIgnoring) {
      client.on("error", () => {});
      ignored.add(client);
      return;
    }
    if (isRefusing) {
      client.resetAndDestroy();
      for (const listener of refusals) listener();
      refusals.clear();
      return;
    }
    const server = typeof target === "number" ? connect(target, "127.0.0.1") : connect(target);
    const pair = { client, server };
    pairs.add(pair);
    pass("up", client, server);
    pass("down", server, client);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      if (!abandoned.has(server)) server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // A broken side ends the other; what broke it is the test's own doing.
      socket.on("error", end);
      socket.on("close", end);
    }
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");

  return {
    host: "127.0.0.1",
    port: (listening.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    cut,
    refuse() {
      isRefusing = true;
      cut();
    },
    stall(direction) {
      for (const one of direction === undefined ? (["up", "down"] as const) : [direction]) stalled.add(one);
    },
    stallPresent(direction) {
      stalledPresent.set(direction, new Set([...pairs].map(({ client, server }) => (direction === "up" ? client : server))));
    },
    abandon() {
      for (const { client, server } of pairs) {
        abandoned.add(server);
        client.resetAndDestroy();
      }
      pairs.clear();
    },
    ignoreNew() {
      isIgnoring = true;
    },
    delay(milliseconds) {
      delay = milliseconds;
    },
    heal() {
      isIgnoring = false;
      cutIgnored();
      isRefusing = false;
      delay = 0;
      stalled.clear();
      stalledPresent.clear();
      for (const writes of held.values()) for (const write of writes.splice(0)) write();
    },
    refused: () => new Promise((resolve) => refusals.add(resolve)),
    heard: (direction) => new Promise((resolve) => listeners.get(direction)?.add(resolve)),
    async stop() {
      cut();
      cutIgnored();
      for (const server of abandoned) server.destroy();
      listening.close();
      await once(listening, "close");
    },
  };
}
