/** What every backend does from opening a store to closing it: it connects once, follows while somebody does, and refuses what comes after its end. */
import { expect, test } from "vitest";
import type { BackendStore, Following, LogSink } from "../../ts/backends/backend.js";
import { Lifetime } from "../../ts/backends/lifetime.js";
import { Openings } from "../../ts/backends/openings.js";

const nothing = async () => {};
const deaf: LogSink = { commits() {}, gap() {}, failed() {} };

/** A following that notes what is asked of it, and the sink that it tells. */
function followed(lifetime: Lifetime, sink: LogSink = deaf) {
  const asked: string[] = [];
  const begun = { nudge: () => void asked.push("nudge"), stop: () => void asked.push("stop") };
  let told = deaf;
  const following: Following = lifetime.follow(sink, (inner) => {
    told = inner;
    return begun;
  });
  return { asked, following, told };
}

test("a following that has ended, by whichever side, is no longer known", async () => {
  const lifetime = new Lifetime(() => {}, nothing);
  const heard: unknown[] = [];
  const sink = { ...deaf, gap: () => void heard.push("gap"), failed: (error: unknown) => void heard.push(error) };
  const [gone, broken, left, kept] = Array.from({ length: 4 }, () => followed(lifetime, sink));
  gone?.told.gap();
  broken?.told.failed("failure");
  left?.following.stop();
  lifetime.nudge();
  await lifetime.end();
  expect([gone, broken, left, kept].map((one) => one?.asked)).toEqual([[], [], ["stop"], ["nudge", "stop"]]);
  expect(heard).toEqual(["gap", "failure"]);
});

test("one that ends as it begins is none", async () => {
  const lifetime = new Lifetime(() => {}, nothing);
  let stops = 0;
  lifetime.follow(deaf, (told) => {
    told.gap();
    return { nudge() {}, stop: () => void stops++ };
  });
  await lifetime.end();
  expect(stops).toBe(0);
});

test("it ends once, tells so first, and what fails then harms nobody", async () => {
  const steps: string[] = [];
  const lifetime = new Lifetime(
    () => void steps.push("closed"),
    async () => {
      steps.push("forgotten");
      throw new Error("nobody answers");
    },
  );
  lifetime.requireOpen();
  await Promise.all([lifetime.end(), lifetime.end()]);
  expect(steps).toEqual(["closed", "forgotten"]);
  expect(() => lifetime.requireOpen()).toThrow(expect.objectContaining({ code: "CLOSED" }));
  expect(() => followed(lifetime)).toThrow(expect.objectContaining({ code: "CLOSED" }));
});

/** A store that notes when it is closed. */
function storeOf(closed: string[], name: string, onClose: () => void): BackendStore {
  const close = async () => {
    closed.push(name);
    onClose();
  };
  return { close } as Partial<BackendStore> as BackendStore;
}

test("a backend connects once for all its stores, again after that has failed, and closes its stores before its connection", async () => {
  const closed: string[] = [];
  let tries = 0;
  const openings = new Openings({
    kind: "test",
    async connect() {
      tries++;
      if (tries === 1) throw new Error("not yet");
      return "connection";
    },
    disconnect: (connection) => void closed.push(connection),
  });
  const open = (name: string) => openings.open({ name, scope: "", replica: "r" }, async (_, onClose) => storeOf(closed, name, onClose));
  await expect(open("one")).rejects.toThrow("not yet");
  const stores = await Promise.all([open("one"), open("two")]);
  expect(tries).toBe(2);
  await stores[0]?.close();
  await openings.close();
  expect(closed).toEqual(["one", "two", "connection"]);
  await expect(open("three")).rejects.toMatchObject({ code: "CLOSED", message: "The test backend is closed" });
});

test("a store that is being opened when the backend is closed is closed too", async () => {
  const closed: string[] = [];
  const openings = new Openings({ kind: "test", connect: async () => "connection", disconnect: () => {} });
  let arrive = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opening = openings.open({ name: "late", scope: "", replica: "r" }, async (_, onClose) => {
    await arriving;
    return storeOf(closed, "late", onClose);
  });
  const closing = openings.close();
  arrive();
  await expect(opening).rejects.toMatchObject({ code: "CLOSED" });
  await closing;
  expect(closed).toEqual(["late"]);
});

test("the end waits for what is being opened anew, and nothing is opened behind it", async () => {
  const steps: string[] = [];
  const lifetime = new Lifetime(
    () => steps.push("closed"),
    async () => void steps.push("forgotten"),
  );
  let arrive = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opening = lifetime.reopen(() => arriving.then(() => void steps.push("opened")));
  const ending = lifetime.end();
  arrive();
  await Promise.all([opening, ending]);
  expect(steps).toEqual(["closed", "opened", "forgotten"]);
  await expect(lifetime.reopen(async () => steps.push("late"))).rejects.toMatchObject({ code: "CLOSED" });
  expect(steps).not.toContain("late");
});
