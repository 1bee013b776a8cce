/** Who follows a store hears every commit once and in order, whatever the watch goes through, or is told that it cannot be. */
import { expect, onTestFinished, test } from "vitest";
import { KubernetesBackend } from "../../../ts/backends/kubernetes/backend.js";
import { startProxy } from "../../servers/proxy.js";
import { backendIn, follow, makeNamespace, open, pathOf, put, shared } from "./support.js";

const server = shared();
const numbers = (heard: readonly { readonly number: number }[]) => heard.map(({ number }) => number);

test("commits of others are heard in order, and a commit that changes nothing is none", async () => {
  const namespace = await makeNamespace(server);
  const [one, other] = [await open(backendIn(server, namespace)), await open(backendIn(server, namespace))];
  const following = follow(other, 0);
  for (let number = 1; number <= 5; number++) await one.commit([put("key", String(number))]);
  await one.commit([{ type: "delete", key: "missing" }]);
  await one.commit([{ type: "clear", prefix: "" }]);
  await expect.poll(() => following.through).toBe(6);
  expect(numbers(following.heard)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(following.heard.map(({ replica, counter }) => [replica === one.replica, counter])).toEqual(
    [1, 2, 3, 4, 5, 7].map((counter) => [true, counter]),
  );
  expect(following.ends).toEqual([]);
});

test("who comes late hears what the log still has, and else that there is a gap", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  for (let number = 1; number <= 110; number++) await orders.commit([put("key", String(number))]);
  const late = follow(await open(backendIn(server, namespace)), 20);
  await expect.poll(() => late.through).toBe(110);
  expect(numbers(late.heard)).toEqual(Array.from({ length: 90 }, (_, at) => at + 21));
  const tooLate = follow(await open(backendIn(server, namespace)), 5);
  await expect.poll(() => tooLate.ends).toEqual(["gap"]);
  const ahead = follow(await open(backendIn(server, namespace)), 111);
  await expect.poll(() => ahead.ends).toEqual(["gap"]);
});

test("a commit that the log has no room for is a gap for those who follow", async () => {
  const namespace = await makeNamespace(server);
  const [one, other] = [await open(backendIn(server, namespace)), await open(backendIn(server, namespace))];
  const following = follow(other, 0);
  // Its text is in the object once; in the log as well it would pass what an object may be.
  expect(await one.commit([put("large", "x".repeat(900_000))])).toMatchObject({ type: "committed", number: 1 });
  await expect.poll(() => following.ends).toEqual(["gap"]);
  expect((await other.entries()).get("large")?.value.bytes.length).toBe(900_000);
  const again = follow(other, 1);
  await one.commit([put("small", "x")]);
  await expect.poll(() => again.through).toBe(2);
});

test("news are looked for at once when asked", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const kubeConfig = server.kubeconfig("holdall", { namespace, port: proxy.port });
  const [orders, other] = [
    await open(backendIn(server, namespace, { kubeConfig, timeout: 3_000 })),
    await open(backendIn(server, namespace)),
  ];
  const [following, witness] = [follow(orders, 0), follow(other, 0)];
  await other.commit([put("key", "first")]);
  await expect.poll(() => following.through).toBe(1);
  // What the watch has to tell is held back; what is asked goes by a connection of its own, once those that were kept have failed.
  proxy.stallPresent("down");
  await other.commit([put("key", "value")]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(following.through).toBe(1);
  const nudged = () => {
    following.following.nudge();
    return following.through;
  };
  await expect.poll(nudged).toBe(2);
  proxy.heal();
  following.following.stop();
  await other.commit([put("key", "other")]);
  await expect.poll(() => witness.through).toBe(3);
  expect(numbers(following.heard)).toEqual([1, 2]);
});

test("a watch that the server should have ended long since, and that says nothing, has broken off", async () => {
  const namespace = await makeNamespace(server);
  const proxy = await startProxy(server.port);
  onTestFinished(() => proxy.stop());
  const kubeConfig = server.kubeconfig("holdall", { namespace, port: proxy.port });
  const backend = new KubernetesBackend({ kubeConfig, timeout: 500 }, { watchSeconds: 1 });
  onTestFinished(() => backend.close());
  const [orders, other] = [await open(backend), await open(backendIn(server, namespace))];
  await other.commit([put("key", "first")]);
  const following = follow(orders, 0);
  await expect.poll(() => following.through).toBe(1);
  // As what stands between may do: the connection is there, and what was on it never comes.
  proxy.stallPresent("down");
  await other.commit([put("key", "value")]);
  await expect.poll(() => following.ends, { timeout: 20_000 }).toEqual([expect.objectContaining({ code: "UNAVAILABLE" })]);
  expect(following.through).toBe(1);
  const again = follow(orders, 1);
  await expect.poll(() => again.through, { timeout: 20_000 }).toBe(2);
});

test("an object that is deleted is a gap, and the store is made anew under another id", async () => {
  const namespace = await makeNamespace(server);
  const orders = await open(backendIn(server, namespace));
  await orders.commit([put("key", "value")]);
  const { id } = orders.store.header;
  const following = follow(orders, 1);
  await server.request("DELETE", pathOf(namespace, "orders"));
  await expect.poll(() => following.ends).toEqual(["gap"]);
  // Until it has loaded, it does not write into a store that it has not seen.
  const commit = orders.next([put("key", "late")]);
  await expect(orders.store.commit(commit)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await orders.entries()).toEqual(new Map());
  expect(orders.store.header.id).not.toBe(id);
  expect(await orders.store.commit({ ...commit, isRetry: true })).toMatchObject({ type: "committed", number: 1 });
});

test("two who make the store at the same time make one", async () => {
  const namespace = await makeNamespace(server);
  const stores = await Promise.all(Array.from({ length: 4 }, () => open(backendIn(server, namespace))));
  expect(new Set(stores.map(({ store }) => store.header.id)).size).toBe(1);
});
