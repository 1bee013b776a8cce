/** What stands in Pepr's resource is there, what it needs is kept, and no capability's items are ever another's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type OpenOptions, openStore } from "../../../../ts/index.js";
import { manualClock } from "../../../../ts/testing/index.js";
import { open, put } from "../support.js";
import { Resource } from "./support.js";

const label = "pepr.dev-cacheID";

/** A capability of a resource, as a replica of its own. */
async function opened(resource: Resource, name: string, options: Parameters<Resource["backend"]>[0] = {}, more: Partial<OpenOptions> = {}) {
  const store = await openStore({ backend: resource.backend(options), name, ...more });
  onTestFinished(() => store.close());
  return store;
}

const contents = (store: { entries(): Iterable<readonly [string, unknown]> }) => Object.fromEntries(store.entries());

test("what Pepr has written is there, for its own capability", async () => {
  const resource = new Resource();
  await resource.make({ "a-v2-x": "1", "a-v2-": "", "a-b-v2-x": "2", "ab-v2-x": "3", "a-v2-https://k/~": "4" });
  expect(contents(await opened(resource, "a"))).toEqual({ "": "", "https://k/~": "4", x: "1" });
  expect(contents(await opened(resource, "a-b"))).toEqual({ x: "2" });
  expect(contents(await opened(resource, "ab"))).toEqual({ x: "3" });
});

test("a resource that is missing is made as Pepr makes it, with what Pepr's patches need", async () => {
  const resource = new Resource();
  const store = await opened(resource, "hello");
  const made = await resource.read();
  expect([made.data, Object.keys(made.metadata.labels ?? {})]).toEqual([{ __pepr_do_not_delete__: "k-thx-bye" }, [label]]);
  await store.setAndWait("key", "value");
  expect((await resource.read()).data).toEqual({ __pepr_do_not_delete__: "k-thx-bye", "hello-v2-key": "value" });
});

test("four that make it at once make one, and none of them loses a write", async () => {
  const resource = new Resource();
  const stores = await Promise.all(["a", "b", "c", "d"].map((name) => opened(resource, name)));
  await Promise.all(stores.map((store) => store.setAndWait("key", "value")));
  expect(Object.keys(await resource.data()).sort()).toEqual(["a-v2-key", "b-v2-key", "c-v2-key", "d-v2-key"]);
});

test("the label that Pepr's patches replace is put back where it is missing, and else left alone", async () => {
  const resource = new Resource();
  await resource.make({}, {});
  const store = await opened(resource, "hello");
  const labelNow = async () => (await resource.read()).metadata.labels?.[label];
  const first = await labelNow();
  expect(Number(first)).toBeGreaterThan(1.7e12);
  await store.setAndWait("key", "1");
  expect(await labelNow()).toBe(first);
  await resource.patch({ metadata: { labels: { [label]: null } } });
  await store.setAndWait("key", "2");
  expect(Number(await labelNow())).toBeGreaterThan(1.7e12);
});

// Pepr looks for its resource, and makes it where there is none. Ours made and wrote one in between, with a label of its own: Kubernetes refused Pepr's as a
// conflict, and the module never got its store.
test("Pepr is not refused when it makes the resource that we have made and written since it looked", async () => {
  const resource = new Resource();
  const store = await opened(resource, "hello");
  await store.setAndWait("key", "1");
  expect(await resource.applyAsPepr()).toBe(200);
  await store.setAndWait("key", "2");
  expect(await resource.applyAsPepr()).toBe(200);
  expect(await resource.data()).toEqual({ "hello-v2-key": "2" });
});

test("keys of the older layout are moved, but never those that may be another capability's", async () => {
  const resource = new Resource();
  const data = { "a-x": "1", "a-b-y": "2", "a-b-v2-z": "3", "a-v2x": "4", "ab-x": "5" };
  await resource.make(data);
  expect(contents(await opened(resource, "a"))).toEqual({ x: "1" });
  expect(await resource.data()).toEqual({ "a-v2-x": "1", "a-b-y": "2", "a-b-v2-z": "3", "a-v2x": "4", "ab-x": "5" });
  expect(contents(await opened(resource, "a-b"))).toEqual({ y: "2", z: "3" });
  expect(await resource.data()).toEqual({ "a-v2-x": "1", "a-b-v2-y": "2", "a-b-v2-z": "3", "a-v2x": "4", "ab-x": "5" });
});

test("who knows the names of all capabilities has keys with dashes moved too", async () => {
  const resource = new Resource();
  await resource.make({ "a-user-1": "1", "a-b-y": "2" });
  const capabilities = ["a-b", "a", "other"];
  expect(contents(await opened(resource, "a", { capabilities }))).toEqual({ "user-1": "1" });
  expect(await resource.data()).toEqual({ "a-v2-user-1": "1", "a-b-y": "2" });
});

test("an older key that was left behind does not come back over a newer one", async () => {
  const resource = new Resource();
  await resource.make({ "a-x": "older", "a-v2-x": "newer" });
  const store = await opened(resource, "a");
  expect(store.get("x")).toBe("newer");
  expect(await resource.data()).toEqual({ "a-v2-x": "newer" });
  // One that an older Pepr writes meanwhile is moved with the next write.
  await resource.edit({ "a-y": "1", "a-z": "1" });
  await expect.poll(() => contents(store)).toEqual({ x: "newer", y: "1", z: "1" });
  await store.setAndWait("y", "2");
  store.delete("z");
  await store.flush();
  expect(await resource.data()).toEqual({ "a-v2-x": "newer", "a-v2-y": "2" });
});

test("names whose keys could be another's are refused", async () => {
  const resource = new Resource();
  for (const name of ["a-v2-b", "a-v2"]) {
    await expect(openStore({ backend: resource.backend(), name })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  // Why: this is one place for two of them.
  await (await opened(resource, "a")).setAndWait("v2-k", "of a");
  expect(await resource.data()).toEqual({ "a-v2-v2-k": "of a" });
});

test("what others change is heard as a commit, each key once, with what was before", async () => {
  const resource = new Resource();
  await resource.make({ "hello-v2-x": "1", "hello-v2-gone": "1" });
  const store = await opened(resource, "hello");
  const heard: unknown[] = [];
  store.subscribe(({ changes, origin }) =>
    heard.push([origin, ...changes.map(({ type, key, previous, value }) => [type, key, previous, value])]),
  );
  await resource.edit({ "hello-v2-x": "2", "hello-v2-new": "1", "hello-v2-gone": null, "other-v2-x": "9" });
  await expect.poll(() => heard).toHaveLength(1);
  expect(heard).toEqual([["remote", ["delete", "gone", "1", undefined], ["set", "new", undefined, "1"], ["set", "x", "1", "2"]]]);
  await resource.edit({ "other-v2-x": "10" });
  await resource.edit({ "hello-v2-x": "3" });
  await expect.poll(() => heard).toHaveLength(2);
  expect(heard[1]).toEqual(["remote", ["set", "x", "2", "3"]]);
});

test("a conditional write notices what others have changed, and nothing else does it harm", async () => {
  const resource = new Resource();
  await resource.make({ "hello-v2-x": "1", "hello-v2-y": "1" });
  const store = await opened(resource, "hello");
  const meddled = (key: string) =>
    store.transaction(async (tx) => {
      const value = tx.get<string>("x");
      await resource.edit({ [`hello-v2-${key}`]: `${key} by hand` });
      tx.set("x", `${value}+`);
    });
  await meddled("y");
  expect((await resource.data())["hello-v2-x"]).toBe("1+");
  await expect(meddled("x")).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await resource.data()).toEqual({ "hello-v2-x": "x by hand", "hello-v2-y": "y by hand" });
  expect(await store.update<string>("x", (value) => `${value}!`)).toBe("x by hand!");
});

test("a write of what is there already changes nothing, and a version goes on to hold", async () => {
  const resource = new Resource();
  const store = await opened(resource, "hello");
  const first = await store.compareAndSet("x", "1", { version: 0 });
  const { generation } = (await resource.read()).metadata;
  const same = await store.compareAndSet("x", "1", { version: first });
  expect((await resource.read()).metadata.generation).toBe(generation);
  await store.compareAndSet("x", "2", { version: same });
  store.setMany([
    ["x", "2"],
    ["y", "1"],
  ]);
  await store.flush();
  await store.update<string>("x", (value) => `${value}3`);
  expect(contents(store)).toEqual({ x: "23", y: "1" });
});

test("an annotation that is damaged is told, and one of a later format; neither is touched", async () => {
  const notes = (format: number) => JSON.stringify({ readFormat: format, writeFormat: format, generation: 1, capabilities: {} });
  for (const [text, code] of [
    ["{", "CORRUPTED"],
    [notes(9), "FORMAT_TOO_NEW"],
  ] as const) {
    const resource = new Resource();
    await resource.make({ "hello-v2-x": "1" });
    await resource.patch({ metadata: { annotations: { "holdall.dev/commits": text } } });
    await expect(opened(resource, "hello")).rejects.toMatchObject({ code });
    expect((await resource.read()).metadata.annotations).toEqual({ "holdall.dev/commits": text });
  }
});

const golden = join(import.meta.dirname, "..", "..", "..", "golden", "pepr-resource-1", "resource.json");
const clock = manualClock(Date.UTC(2026, 10, 28, 4, 28, 32, 123));

/** What the golden resource was made by. */
async function written(resource: Resource) {
  await resource.make({ "other-v2-x": "1" });
  const hello = await open(resource.backend({ clock }), { name: "hello", replica: "golden" });
  await hello.commit([put("x", "1"), put("https://y", "<2>")]);
  await hello.commit([{ type: "delete", key: "x" }]);
  return hello;
}

test("what is written is the golden resource", async () => {
  const resource = new Resource();
  await written(resource);
  const { data, metadata } = await resource.read();
  const { labels, annotations } = metadata;
  await expect(`${JSON.stringify({ metadata: { labels, annotations }, data }, null, 2)}\n`).toMatchFileSnapshot(golden);
});

test("the golden resource is read, and what its replica committed last is known", async () => {
  const hello = await written(new Resource());
  const { data, metadata } = JSON.parse(readFileSync(golden, "utf8"));
  const copy = new Resource();
  await copy.make(data, metadata.labels);
  await copy.patch({ metadata: { annotations: metadata.annotations } });
  const read = await open(copy.backend({ clock }), { name: "hello", replica: "golden" });
  expect([...(await read.entries()).keys()]).toEqual(["https://y"]);
  const again = { ...hello.next([put("x", "3")]), counter: 2, isRetry: true };
  expect(await read.store.commit(again)).toMatchObject({ type: "committed", changed: true });
  expect((await read.entries()).size).toBe(1);
});
