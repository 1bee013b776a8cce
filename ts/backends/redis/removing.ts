/**
 * Removes a store in Redis: which one it is, is asked first, so that a removal that arrives late finds another in its place and leaves that.
 *
 * @module
 */

import { HoldallError } from "../../errors.js";
import type { Removal } from "../backend.js";
import { textOf } from "./bytes.js";
import type { Place } from "./layout.js";
import { scripts } from "./scripts/index.js";
import type { RedisSettings } from "./settings.js";

/**
 * Removes a store; `false` when it has entries and is to be removed only without.
 *
 * @throws `FORMAT_TOO_NEW`, `CORRUPTED`; `UNAVAILABLE`, after which it may be gone.
 */
export async function removeFrom(settings: RedisSettings, place: Place, removal: Omit<Removal, "name">): Promise<boolean> {
  const { commands, formats, acknowledgement } = settings;
  const id = removal.id ?? (await idOf(settings, place));
  if (id === undefined) return true;
  const parameters = [id, formats.knows, removal.ifEmpty ? 1 : 0, place.channel];
  const { reply, behind } = await commands.run(place.channel, (client) =>
    scripts.remove.run(client, place.keys, parameters, acknowledgement?.command),
  );
  switch (textOf(reply[0])) {
    case "tooNew":
      throw new HoldallError(
        "FORMAT_TOO_NEW",
        "The store has a format that this version of Holdall cannot write, nor remove: use a later one",
      );
    case "kept":
      return false;
    default:
      acknowledgement?.require(behind);
      return true;
  }
}

async function idOf({ commands }: RedisSettings, place: Place): Promise<string | undefined> {
  const { reply } = await commands.run(place.channel, (client) => scripts.head.run(client, place.keys, []));
  return textOf(reply[0]) === "gone" ? undefined : textOf(reply[1]);
}
