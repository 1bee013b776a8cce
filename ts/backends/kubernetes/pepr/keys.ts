/**
 * Where the items of a capability lie among the data of Pepr's resource, which all capabilities of a module share.
 *
 * Key `k` of capability `c` is `c-v2-k`. Before that Pepr wrote `c-k`, and moves such keys when it starts: so do we, but never one that may be another
 * capability's. `a-b-k` is a key of `a`, or of `a-b`; without the names of all capabilities nobody can tell, and it is left where it is.
 *
 * @module
 */

import { checkResourceName, keyPrefix } from "../../../faces/pepr-names.js";

/** The keys of one capability. */
export class CapabilityKeys {
  readonly #capability: string;
  readonly #prefix: string;
  readonly #capabilities: readonly string[] | undefined;

  /**
   * @param capabilities - the names of all capabilities of the module, where they are known
   * @throws `INVALID_ARGUMENT` for a name whose keys could be another's
   */
  constructor(capability: string, capabilities?: readonly string[]) {
    checkResourceName(capability);
    this.#capability = capability;
    this.#prefix = `${capability}-${keyPrefix}`;
    this.#capabilities = capabilities;
  }

  /** Where an item lies. */
  placeOf(key: string): string {
    return this.#prefix + key;
  }

  /** The key of the item that lies in a place; nothing where that is not this capability's. */
  keyAt(place: string): string | undefined {
    return place.startsWith(this.#prefix) ? place.slice(this.#prefix.length) : undefined;
  }

  /** The key of the item that lies in a place where Pepr kept it formerly; nothing where that is not, or may not be, this capability's. */
  formerKeyAt(place: string): string | undefined {
    if (!place.startsWith(`${this.#capability}-`)) return undefined;
    const key = place.slice(this.#capability.length + 1);
    // What begins so is not moved by Pepr either; what has it within is a key as it is now, of a capability with a longer name.
    if (key.startsWith("v2") || key.includes(`-${keyPrefix}`)) return undefined;
    return this.#isNobodyElses(place, key) ? key : undefined;
  }

  #isNobodyElses(place: string, key: string): boolean {
    if (this.#capabilities === undefined) return !key.includes("-");
    const others = this.#capabilities.filter((name) => name.length > this.#capability.length);
    return !others.some((name) => place.startsWith(`${name}-`));
  }
}
