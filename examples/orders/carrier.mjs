// @ts-check
/**
 * Owns the parcels: another company's system, simulated, with its own manifest. Each region (the first digit of the postcode) has a depot;
 * some depots are closed for some minutes of the hour, and nobody drives to the islands (postcodes beginning with 99).
 */
import { PassingFailure } from "./retry.mjs";

/** @import { SimulatedClock } from "./clock.mjs" */
/** @typedef {{ tracking: string, order: string }} Parcel */

/** The carrier does not go there, today or tomorrow. */
export class NotServed extends Error {}

/** Which depots are closed, from and until which time of the day (UTC). */
const closures = [
  { depot: "6", from: "08:10", until: "08:13" },
  { depot: "3", from: "08:31", until: "08:34" },
  { depot: "7", from: "08:47", until: "08:48" },
];

/** The carrier and its manifest. */
export class Carrier {
  #clock;
  /** @type {Parcel[]} */
  #manifest = [];

  /** @param {SimulatedClock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** Every parcel booked, in its order. */
  get manifest() {
    return /** @type {readonly Parcel[]} */ (this.#manifest);
  }

  /**
   * Books a parcel.
   *
   * @param {string} order
   * @param {string} postcode
   * @returns {Promise<Parcel>}
   */
  async book(order, postcode) {
    await this.#clock.spend(`book ${order}`, 500, 1_500);
    if (postcode.startsWith("99")) throw new NotServed(`no carrier goes to ${postcode}`);
    const time = new Date(this.#clock.now()).toISOString().slice(11, 16);
    const depot = postcode.charAt(0);
    if (closures.some((closure) => closure.depot === depot && closure.from <= time && time < closure.until)) {
      throw new PassingFailure(`the carrier's depot ${depot} is closed`);
    }
    const parcel = { tracking: `parcel-${depot}-${this.#manifest.length + 1}`, order };
    this.#manifest.push(parcel);
    return parcel;
  }
}
