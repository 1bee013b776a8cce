/** A backend forgets replicas: those that have closed at once, those that are silent after a week, when another one opens the store. */
import { expect, test } from "vitest";
import { memory } from "../../ts/backends/memory/index.js";
import { manualClock } from "../../ts/testing/index.js";
import { put, Replica } from "../../ts/testing/suites/backend/trial.js";

const week = 7 * 86_400_000;

async function committed() {
  const clock = manualClock(1_700_000_000_000);
  const backend = memory({ clock });
  const open = async (replica: string) => new Replica(await backend.open({ name: "s", scope: "", replica }), replica);
  const one = await open("one");
  const request = one.next([put("a", "1")]);
  const answer = await one.store.commit(request);
  return { clock, open, one, answer, again: { ...request, isRetry: true } };
}

test("a replica that is silent for longer than a week has an unknown outcome", async () => {
  const { clock, open, one, again, answer } = await committed();
  clock.advance(week);
  const other = await open("other");
  expect(await one.store.commit(again)).toEqual(answer);
  clock.advance(1);
  await open("third");
  expect(await one.store.commit(again)).toEqual({ type: "unknown" });
  expect(await other.texts()).toEqual({ a: "1" });
  // What it sends for the first time is taken like that of any other.
  expect(await one.commit([put("a", "2")])).toMatchObject({ type: "committed", changed: true });
});

test("a replica that has closed asks no more", async () => {
  const { open, one, again } = await committed();
  const other = await open("other");
  await one.store.close();
  expect(await other.store.commit(again)).toEqual({ type: "unknown" });
});
