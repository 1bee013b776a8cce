/** The servers that other tests stand on do what they say: they keep what they should, form clusters, and fail when told to. */
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startProxy } from "./proxy.js";
import { redisCli, startRedis, startRedisCluster } from "./redis.js";

const running: { stop(): Promise<void> }[] = [];
async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  running.push(started);
  return started;
}
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop();
});

describe("a Redis server", () => {
  it("answers on its port and its socket, and leaves nothing behind", async () => {
    const server = await startRedis();
    expect(await server.cli("SET", "key", "value")).toBe("OK");
    expect(await redisCli(["-s", server.socket, "GET", "key"])).toBe("value");
    expect(server.pid).toBeGreaterThan(0);
    await server.stop();
    expect([server.pid, existsSync(server.folder)]).toEqual([undefined, false]);
  });

  it("has after kill -9 what it acknowledged, on the same port", async () => {
    const server = await keep(startRedis());
    const { port } = server;
    await server.cli("SET", "key", "value");
    await server.kill();
    await expect(server.cli("PING")).rejects.toThrow();
    await server.start();
    expect([server.port, await server.cli("GET", "key")]).toEqual([port, "value"]);
  });

  it("forgets where it is told to, and refuses beyond its memory", async () => {
    const forgetful = await keep(startRedis({ durable: false, maxMemory: "3mb" }));
    await forgetful.cli("SET", "key", "value");
    expect(await forgetful.cli("EVAL", "return redis.call('SET', 'large', string.rep('x', 4e6))", "0")).toBe("OK");
    expect(await forgetful.cli("SET", "other", "value")).toMatch(/^OOM/);
    await forgetful.restart();
    expect(await forgetful.cli("GET", "key")).toBe("");
  });

  it("says nothing while paused, and then what it was asked", async () => {
    const server = await keep(startRedis({ durable: false }));
    server.pause();
    const answer = server.cli("PING");
    const first = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 100, "nothing"))]);
    server.resume();
    expect([first, await answer]).toEqual(["nothing", "PONG"]);
  });

  it("that does not start says why", async () => {
    await expect(startRedis({ flags: ["--no-such-flag", "1"] })).rejects.toThrow();
  });
});

describe("a Redis cluster", () => {
  it("of three masters and three replicas serves every slot", async () => {
    const { nodes } = await keep(startRedisCluster());
    const [first] = nodes;
    expect(nodes).toHaveLength(6);
    expect(await first?.cli("CLUSTER", "INFO")).toContain("cluster_slots_ok:16384");
    expect(await redisCli(["-c", "-p", String(first?.port), "SET", "key", "value"])).toBe("OK");
    const roles = await Promise.all(nodes.map((node) => node.cli("ROLE")));
    expect(roles.map((role) => role.split("\n")[0])).toEqual(["master", "master", "master", "slave", "slave", "slave"]);
  });
});

describe("a proxy", () => {
  const ask = (port: number) => redisCli(["-p", String(port), "PING"]);

  it("passes on, delays, refuses, and heals", async () => {
    const server = await keep(startRedis({ durable: false }));
    const proxy = await keep(startProxy(server.port));
    expect(await ask(proxy.port)).toBe("PONG");
    proxy.delay(50);
    const began = Date.now();
    expect(await ask(proxy.port)).toBe("PONG");
    expect(Date.now() - began).toBeGreaterThanOrEqual(90);
    proxy.refuse();
    await expect(ask(proxy.port)).rejects.toThrow();
    proxy.heal();
    expect(await ask(proxy.port)).toBe("PONG");
  });

  it("holds back one direction, and then passes everything on in order", async () => {
    const server = await keep(startRedis({ durable: false }));
    const proxy = await keep(startProxy(server.socket));
    const client = connect(proxy.port, proxy.host);
    let heard = "";
    client.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    proxy.stall("down");
    const answered = proxy.heard("down");
    client.write("SET key value\r\nGET key\r\n");
    await answered;
    expect([await server.cli("GET", "key"), heard, proxy.connections]).toEqual(["value", "", 1]);
    proxy.heal();
    await expect.poll(() => heard).toBe("+OK\r\n$5\r\nvalue\r\n");
    const closed = new Promise((resolve) => client.on("error", () => {}).on("close", resolve));
    proxy.cut();
    await closed;
    expect(proxy.connections).toBe(0);
  });
});
