/**
 * Pepr's controller and a cluster, as small as the tests need: operations are gathered and applied as one JSON patch by `patch()`, which
 * refuses all of it when one fails, as the cluster does. It keeps Pepr's defects that a store has to live with: what is sent twice keeps its
 * first place, and what arrives during a patch can be lost. The real controller is driven in node/controller.test.ts.
 *
 * @module
 */
import type { PeprData, PeprSender } from "../../../ts/pepr/types.js";
import { unescapeToken } from "../../../ts/pepr/wire.js";

/** One operation as it was sent. */
export type Sent = readonly ["add" | "remove", readonly string[], (string | undefined)?];

/** A controller with its cluster. */
export class Cluster {
  /** What the cluster holds. */
  readonly data = new Map<string, string>();
  /** Every operation sent so far. */
  readonly sent: Sent[] = [];
  /** How many patches were refused. */
  refusals = 0;
  /** Whether a value is too much for this cluster. */
  refuses: (value: string) => boolean = () => false;
  #gathered = new Map<string, { readonly operation: "add" | "remove"; readonly key: string; readonly value: string }>();

  /** What the controller registers. */
  readonly sender: PeprSender = (operation, keys, value) => {
    this.sent.push(value === undefined ? [operation, keys] : [operation, keys, value]);
    const key = keys.join(",");
    this.#gathered.set(`${operation}:${key}:${value ?? ""}`, { operation, key, value: value ?? "" });
  };

  /** Forgets what was gathered, as the controller does with what arrives while a patch is in flight. */
  lose(): void {
    this.#gathered.clear();
  }

  /** Applies what was gathered, all or nothing. */
  patch(): void {
    const next = new Map(this.data);
    const operations = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const { operation, key, value } of operations) {
      const name = unescapeToken(key);
      if (operation === "remove" ? !next.delete(name) : this.refuses(value)) {
        this.refusals += 1;
        return;
      }
      if (operation === "add") next.set(name, value);
    }
    this.data.clear();
    for (const [name, value] of next) this.data.set(name, value);
  }

  /** What the controller hands to `receive`. */
  content(): PeprData {
    return Object.fromEntries(this.data);
  }
}
