/**
 * What a page of the tests does when it is told to, by name on `globalThis.page`.
 *
 * @module
 */
import { indexedDb } from "../../../../ts/backends/indexeddb/index.js";
import { put, Replica, text } from "../../../../ts/testing/suites/backend/trial.js";

const database = "page";

async function open(replica: string): Promise<Replica> {
  return new Replica(await indexedDb({ database }).open({ name: "s", scope: "", replica }), replica);
}

/** Text that no compression makes small. */
function noise(length: number): string {
  const bytes = new Uint8Array(length);
  for (let from = 0; from < length; from += 65_536) crypto.getRandomValues(bytes.subarray(from, from + 65_536));
  return Array.from(bytes, (byte) => String.fromCharCode(32 + (byte % 95))).join("");
}

const page = {
  /** Commits pairs of entries for ever, and tells of each commit that was acknowledged. */
  async write(replica: string, first: number): Promise<void> {
    const writer = await open(replica);
    for (let at = first; ; at++) {
      const content = `${at}:${"x".repeat((at * 37) % 900)}`;
      await writer.committed([put(`left:${at % 20}`, content), put(`right:${at % 20}`, content)]);
      console.log(at);
    }
  },
  /** All texts and the number of the head. */
  async read(replica: string) {
    const reader = await open(replica);
    return { texts: await reader.texts(), number: (await reader.store.head()).number };
  },
  /** Commits something small, something larger than the quota together with something small, and something small again. */
  async fill() {
    const [one, other] = [await open("one"), await open("other")];
    const answers = [
      await one.commit([put("a", "1")]),
      await one.commit([put("b", "1"), { type: "put", key: "large", value: text(noise(8 * 2 ** 20)), ttl: null }]),
      await other.commit([put("c", "1")]),
    ];
    return { answers, texts: await other.texts() };
  },
  /** Commits until nothing more is kept, then opens the store anew, more often than there may be room for: how many entries were kept, and how many each time are there. */
  async crowd() {
    const writer = await open("writer");
    let kept = 0;
    for (let size = 2 ** 20; size >= 1; ) {
      const { type } = await writer.commit([put(`k${kept}`, noise(size))]);
      if (type === "committed") kept += 1;
      else size = Math.floor(size / 4);
    }
    const found = new Set<number>();
    for (let at = 0; at < 20; at++) found.add(Object.keys(await (await open(`visitor-${at}`)).texts()).length);
    return { kept, found: [...found] };
  },
};

/** What the page can be told to do. */
export type Page = typeof page;

Object.assign(globalThis, { page });
