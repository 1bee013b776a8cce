/**
 * Opens a store in Redis, and makes it where it is missing.
 *
 * @module
 */

import { HoldallError, HoldallTypeError } from "../../errors.js";
import type { Header, OpenRequest } from "../backend.js";
import { randomId } from "../random-id.js";
import { numberOf, textOf } from "./bytes.js";
import type { Place } from "./layout.js";
import { scripts } from "./scripts/index.js";
import type { RedisSettings } from "./settings.js";

/**
 * Opens a store.
 *
 * @throws `CORRUPTED` when there is something else under its keys, `FORMAT_TOO_NEW`, `INVALID_ARGUMENT` for other limits than it was made with,
 *   and where the server's user may not do what commits do; `NOT_SUPPORTED` when the server does not keep what it is given.
 */
export async function openIn({ commands, formats, check }: RedisSettings, place: Place, { replica, limits }: OpenRequest): Promise<Header> {
  const { maxEntries = "", maxBytes = "" } = limits ?? {};
  const parameters = [randomId(), formats.read, formats.write, maxEntries, maxBytes, replica, formats.knows, place.channel];
  const { reply } = await commands.run(place.channel, async (client) => {
    await check(client);
    return scripts.open.run(client, place.keys, parameters);
  });
  const [type, first, second, third, fourth, fifth] = reply;
  switch (textOf(type)) {
    case "tooNew":
      throw new HoldallError("FORMAT_TOO_NEW", "The store has a format that this version of Holdall cannot read: use a later one");
    case "otherLimit":
      throw new HoldallTypeError(`${textOf(first)} of the store is ${textOf(second) || "not limited"}, and what it was made with stays`);
    default:
      return {
        id: textOf(first),
        readFormat: numberOf(second),
        writeFormat: numberOf(third),
        limits: { ...(fourth && { maxEntries: numberOf(fourth) }), ...(fifth && { maxBytes: numberOf(fifth) }) },
      };
  }
}
