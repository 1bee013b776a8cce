/**
 * Whatever the controller does with what it is given (late patches, late contents, lost and refused operations), the cluster ends as the
 * store's writes say, every wait resolves, and the store's own reads never go back behind its own writes.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { peprStore } from "../../ts/pepr/index.js";
import { handClock } from "./support/clock.js";
import { Cluster } from "./support/cluster.js";

const keys = ["a", "b", "c/d"];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      name: fc.constant("set" as const),
      key: fc.constantFrom(...keys),
      value: fc.constantFrom("", "1", "2", "3"),
      waits: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ name: fc.constant("remove" as const), key: fc.constantFrom(...keys), waits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant("clear" as const) }) },
  { weight: 3, arbitrary: fc.record({ name: fc.constantFrom("patch" as const, "receive" as const) }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom("lose" as const, "refuse" as const, "foreign" as const) }) },
  { weight: 2, arbitrary: fc.record({ name: fc.constant("advance" as const), span: fc.constantFrom(1_000, 4_000, 6_000, 20_000) }) },
);

it("ends as its writes say", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("1", "2")),
      fc.boolean(),
      fc.array(step, { maxLength: 40 }),
      async (before, loadsFirst, steps) => {
        const clock = handClock();
        const cluster = new Cluster();
        for (const [key, value] of Object.entries(before)) cluster.data.set(`v2-${key}`, value);
        const store = peprStore({ clock, standIn: true, timeout: 10_000_000 });
        const written = new Map<string, string | null>();
        const expected = new Map<string, string>(Object.entries(before));
        const waits: Promise<string>[] = [];
        const write = (key: string, value: string | null) => {
          written.set(key, value);
          if (value === null) expected.delete(key);
          else expected.set(key, value);
        };
        store.registerSender(cluster.sender);
        if (loadsFirst) store.receive(cluster.content());
        for (const action of steps) {
          switch (action.name) {
            case "set":
              write(action.key, action.value);
              if (action.waits) waits.push(store.setItemAndWait(action.key, action.value));
              else store.setItem(action.key, action.value);
              break;
            case "remove":
              write(action.key, null);
              if (action.waits) waits.push(store.removeItemAndWait(action.key));
              else store.removeItem(action.key);
              break;
            case "clear":
              for (const key of keys) write(key, null);
              store.clear();
              break;
            case "patch":
              cluster.patch();
              break;
            case "receive":
              store.receive(cluster.content());
              break;
            case "lose":
              cluster.lose();
              break;
            case "refuse":
              cluster.refuses = () => true;
              cluster.patch();
              cluster.refuses = () => false;
              break;
            case "foreign":
              cluster.data.set("v2-foreign", String(cluster.data.size));
              break;
            default:
              await clock.advance(action.span);
          }
          for (const [key, value] of written) expect(store.getItem(key)).toBe(value);
        }
        let flushed = false;
        void store.flush().then(() => {
          flushed = true;
        });
        for (let round = 0; round < 20; round += 1) {
          cluster.patch();
          store.receive(cluster.content());
          await clock.advance(6_000);
        }
        expect(flushed).toBe(true);
        cluster.data.delete("v2-foreign");
        expect(cluster.data).toEqual(new Map([...expected].map(([key, value]) => [`v2-${key}`, value])));
        for (const [key, value] of written) expect(store.getItem(key)).toBe(value);
        expect(new Set(await Promise.all(waits))).toEqual(new Set(waits.length > 0 ? ["ok"] : []));
        expect(clock.timers).toBe(0);
        await store.close();
      },
    ),
    { numRuns: 400 },
  );
});
