/** Requests keep to what the server says, and whatever prevents one is `UNAVAILABLE`. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { Connection, linesOf } from "../../../../ts/backends/kubernetes/connection.js";
import { applyStoreDefinition } from "../../../../ts/backends/kubernetes/index.js";

/** A server without TLS, such as `kubectl proxy` is, and how to reach it. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void, { skipTLSVerify = true } = {}) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const kubeConfig = new KubeConfig();
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kubeConfig.loadFromClusterAndUser({ name: "c", server: address, skipTLSVerify }, { name: "u" });
  return kubeConfig;
}

async function connect(kubeConfig: KubeConfig) {
  const connection = await Connection.open(kubeConfig, 5_000);
  onTestFinished(() => connection.close());
  return connection;
}

test("a write that is put off is sent again when the server says, and not before", async () => {
  const times: number[] = [];
  const connection = await connect(
    await serve((_, response) => {
      times.push(performance.now());
      response.writeHead(times.length === 1 ? 429 : 200, { "retry-after": "2" }).end("{}");
    }),
  );
  expect(await connection.send({ method: "PATCH", path: "/x", body: "{}" })).toMatchObject({ status: 200 });
  const [first = 0, second = 0, ...more] = times;
  expect(more).toEqual([]);
  // Timers count in whole milliseconds.
  expect(second - first).toBeGreaterThan(1_990);
});

// A file is empty while it is written anew: without a token the request was refused as anybody's (403), and the write that it was for undone.
test("a token whose file is empty for a moment is unavailable, and read again at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdall-token-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "");
  const heard: unknown[] = [];
  const kubeConfig = await serve(({ headers }, response) => {
    heard.push(headers.authorization);
    response.end("{}");
  });
  const cluster = kubeConfig.getCurrentCluster() ?? expect.fail("no cluster");
  kubeConfig.loadFromClusterAndUser(cluster, { name: "u", authProvider: { name: "tokenFile", config: { tokenFile } } });
  const connection = await connect(kubeConfig);
  const send = () => connection.send({ method: "GET", path: "/x" });
  await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  writeFileSync(tokenFile, "secret");
  expect(await send()).toMatchObject({ status: 200 });
  expect(heard).toEqual(["Bearer secret"]);
});

// What client-node threw had no code, and ended a store that only had to try again.
test("credentials that cannot be had now are unavailable, and had when they can be", async () => {
  const kubeConfig = await serve((_, response) => void response.end("{}"));
  let isBroken = true;
  kubeConfig.addAuthenticator({
    isAuthProvider: () => true,
    async applyAuthentication() {
      if (isBroken) throw new Error("the plugin failed");
    },
  });
  const connection = await connect(kubeConfig);
  const unavailable = { code: "UNAVAILABLE", cause: expect.objectContaining({ message: "the plugin failed" }) };
  await expect(connection.send({ method: "GET", path: "/x" })).rejects.toMatchObject(unavailable);
  await expect(connection.lines("/x", 1_000, new AbortController().signal).next()).rejects.toMatchObject(unavailable);
  isBroken = false;
  expect(await connection.send({ method: "GET", path: "/x" })).toMatchObject({ status: 200 });
});

test("a server without TLS is unavailable where nobody has allowed that", async () => {
  const connection = await connect(await serve((_, response) => void response.end("{}"), { skipTLSVerify: false }));
  await expect(connection.send({ method: "GET", path: "/x" })).rejects.toMatchObject({ code: "UNAVAILABLE", cause: expect.any(Error) });
});

// It named a file that gives no such right.
test("who may not apply the definition is told whose rights that takes", async () => {
  const message = 'User "u" cannot patch resource "customresourcedefinitions" in API group "apiextensions.k8s.io"';
  const kubeConfig = await serve((_, response) => void response.writeHead(403).end(JSON.stringify({ message })));
  const refusal = await applyStoreDefinition({ kubeConfig }).catch((error) => error);
  expect(refusal).toMatchObject({ code: "FORBIDDEN", message: expect.stringContaining("an administrator") });
  expect(refusal.message).not.toContain("rbac.yaml");
});

// An API server that has just started forbids everything, since it has not read the rights: writes were refused for good, and a process was ended by an error that told it
// to mend its rights.
test("what a server forbids counts when it is ready", async () => {
  const server = { forbids: true, readiness: 500, asked: 0 };
  const connection = await connect(
    await serve(({ url }, response) => {
      if (url === "/readyz") response.writeHead(server.readiness);
      else {
        server.asked += 1;
        response.writeHead(server.forbids ? 403 : 200);
      }
      response.end("{}");
      // It gets ready while it is asked whether it is.
      if (url === "/readyz" && server.readiness === 200) server.forbids = isForbidden;
    }),
  );
  let isForbidden = true;
  const send = () => connection.send({ method: "PATCH", path: "/x", body: "{}" });
  const watch = () => connection.lines("/x", 1_000, new AbortController().signal).next();
  await expect(send()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(watch()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(server.asked).toBe(2);

  server.readiness = 200;
  expect(await send()).toMatchObject({ status: 403 });
  expect(await watch()).toMatchObject({ value: { status: 403 } });

  isForbidden = false;
  server.forbids = true;
  expect(await send()).toMatchObject({ status: 200 });
  server.forbids = true;
  expect(await watch()).toMatchObject({ value: { status: 200 } });
});

test("where a server does not say whether it is ready, what it forbids is asked for some times", async () => {
  let asked = 0;
  const connection = await connect(
    await serve(({ url }, response) => {
      if (url !== "/readyz") asked += 1;
      response.writeHead(asked < 3 ? 403 : 200).end("{}");
    }),
  );
  expect(await connection.send({ method: "GET", path: "/x" })).toMatchObject({ status: 200 });
  asked = Number.NEGATIVE_INFINITY;
  expect(await connection.send({ method: "GET", path: "/x" })).toMatchObject({ status: 403 });
});

async function* pieces(...texts: string[]) {
  yield* texts;
}

test("lines come out whole, in whatever pieces they come in, without those that are empty", async () => {
  const lines: string[] = [];
  for await (const line of linesOf(pieces("a", "b\n", "\nc\nd", "", "e\n\nf"))) lines.push(line);
  expect(lines).toEqual(["ab", "c", "de", "f"]);
});

// Each piece had all before it split again: a line of a megabyte in a thousand pieces was looked through a thousand times.
test("a line that comes in many pieces costs by its length", async () => {
  /** The least of some times: what others do on the machine adds to the rest. */
  const cost = async (count: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 7; time++) {
      const began = performance.now();
      for await (const line of linesOf(pieces(...new Array<string>(count).fill("x".repeat(100))))) expect(line.length).toBe(count * 100);
      least = Math.min(least, performance.now() - began);
    }
    return least;
  };
  const few = Math.max(await cost(2_000), 1);
  expect((await cost(40_000)) / few).toBeLessThan(200);
});
