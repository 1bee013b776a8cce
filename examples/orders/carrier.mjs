// @ts-check
/**
 * Owns the parcels: another company's system, simulated, with its own journal. It takes a reference with each booking, and books once for each. Each region (the
 * first digit of the postcode) has a depot; some depots are closed for a while, and nobody drives to the islands (postcodes beginning with 99).
 */
import { PassingFailure } from "./outside.mjs";

/** @import { Journal, Slowness } from "./outside.mjs" */
/** @typedef {{ reference: string, order: string, postcode: string }} Booking */
/** @typedef {{ reference: string, order: string, depot: string, tracking?: string }} Call A line of the journal; with a number when a parcel was booked. */

/** The carrier does not go there, today or tomorrow. */
export class NotServed extends Error {}

/** From which of its calls to which a depot is closed. */
const closures = [
  { depot: "3", from: 20, until: 26 },
  { depot: "6", from: 8, until: 12 },
  { depot: "7", from: 12, until: 14 },
];

/** The carrier and its manifest. */
export class Carrier {
  #journal;
  #takeTime;

  /**
   * @param {Journal<Call>} journal
   * @param {Slowness} takeTime
   */
  constructor(journal, takeTime) {
    this.#journal = journal;
    this.#takeTime = takeTime;
  }

  /** Every parcel booked, in its order. */
  get manifest() {
    return this.#journal.entries.filter(({ tracking }) => tracking !== undefined);
  }

  /**
   * Books a parcel; with a reference that it knows, gives the parcel that was booked.
   *
   * @param {Booking} booking
   * @param {AbortSignal} [signal]
   * @returns {Promise<Call>}
   */
  async book({ reference, order, postcode }, signal) {
    await this.#takeTime(`book ${order}`, signal);
    const known = this.manifest.find((parcel) => parcel.reference === reference);
    if (known) return known;
    if (postcode.startsWith("99")) throw new NotServed(`no carrier goes to ${postcode}`);
    const depot = postcode.charAt(0);
    const number = 1 + this.#journal.entries.filter((call) => call.depot === depot).length;
    const isClosed = closures.some((closure) => closure.depot === depot && closure.from <= number && number < closure.until);
    const call = { reference, order, depot, ...(!isClosed && { tracking: `parcel-${depot}-${number}` }) };
    this.#journal.add(call);
    if (isClosed) throw new PassingFailure(`the carrier's depot ${depot} is closed`);
    return call;
  }
}
