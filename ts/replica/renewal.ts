/**
 * A replica's move to a new engine, where its own has failed.
 *
 * What the failed engine held is not gone on with. It is looked at once more, in a copy of its memory that is thrown away then, and only to know what
 * listeners had been shown: so they hear how that differs from what was loaded. Where it cannot be read any more, they hear of all that is there.
 *
 * @module
 */

import { type Engine, type RawStore, remainsOf, startReplicaEngine } from "../engine.js";
import { Core } from "../store/core.js";
import { Exchange, wholeStore } from "../store/exchange.js";
import { exchangeOf } from "../store/factory.js";
import { restoreSnapshot, takeSnapshot } from "../store/snapshots.js";
import type { Clock } from "../store/types/index.js";
import { isClosed } from "./closing.js";
import { beginAt } from "./cursors.js";
import { attach, emptyStore, load } from "./loading.js";
import type { Room } from "./room.js";

/** Tries to move a replica to another engine until it is there, or has ended. */
export async function renew(room: Room): Promise<void> {
  const { replacements } = room.heard;
  for (let tries = 0; !room.hasEnded; tries++) {
    try {
      await move(room, replacements);
      return;
    } catch (error) {
      if (isClosed(error)) return room.end(error);
      room.health.trouble(error);
      await room.pause(tries);
    }
  }
}

/** @param replacements - how often the store had been found replaced when the engine failed: each of the loadings since then may have found it so */
async function move(room: Room, replacements: number): Promise<void> {
  const { core, store, attachment } = room;
  await settle(room);
  if (room.hasEnded) return;
  const engine = startReplicaEngine(room.source);
  const { raw: loaded, ...how } = await load(store, engine, attachment.scope);
  const { head } = how;
  if (engine.failure !== undefined) throw engine.failure;
  if (room.hasEnded) {
    loaded.free();
    return;
  }
  room.heard.isReplaced(head, room.state.applied);
  const isOther = room.heard.replacements !== replacements;
  const { isHeard, history } = core.hub;
  const raw = isHeard ? storeAsShown(core, engine) : loaded;
  attach(raw, attachment, head.number);
  raw.countFrom(room.state.counter);
  if (history !== undefined) raw.record();
  beginAt(core.hub, how, isOther);
  put(core, engine, raw);
  room.goOn(head.number, isHeard ? loaded : undefined);
}

/** Waits until nothing is out. What is out to a store that was replaced is decided when that is opened anew, which loading does; it may be replaced meanwhile too. */
async function settle(room: Room): Promise<void> {
  const settled = room.settled().then(() => true);
  let isSettled = false;
  for (let tries = 0; !isSettled && !room.hasEnded; tries++) {
    room.heard.isReplaced((await room.store.load()).head);
    isSettled = await Promise.race([settled, room.pause(tries).then(() => false)]);
  }
}

/** Lets a core go on with a store of another engine. */
function put(core: Core, engine: Engine, raw: RawStore): void {
  const exchange = exchangeOf(engine);
  Object.assign(core, { engine, exchange, raw, parts: { ...core.parts, engine, exchange, raw } });
  core.memo.clear();
  // What is noted is a matter of the engine's side: it is told again, whatever was told before.
  core.observe(true);
  core.observe(false);
}

/** A store of a new engine with what a core on a failed one had shown, as far as that can be read. */
function storeAsShown(core: Core, engine: Engine): RawStore {
  const shown = snapshotOfRemains(core);
  const raw = emptyStore(engine);
  if (shown === undefined) return raw;
  const filled = timeless(core, engine, exchangeOf(engine), raw);
  restoreSnapshot(filled, wholeStore, shown);
  return filled.release();
}

function snapshotOfRemains(core: Core): Uint8Array | undefined {
  try {
    const { engine, raw } = remainsOf(core.engine, core.raw);
    try {
      return takeSnapshot(timeless(core, engine, new Exchange(engine), raw), wholeStore);
    } finally {
      engine.stop(() => {
        throw core.engine.failure;
      });
    }
  } catch {
    // No memory for a copy, or what is in it was broken: nothing is known of what was shown.
    return undefined;
  }
}

/** A core that serves one call, in which nothing expires: what had been shown is shown, though its time may have come since. */
function timeless(core: Core, engine: Engine, exchange: Exchange, raw: RawStore): Core {
  const clock: Clock = { now: () => 0, setTimer: () => undefined, clearTimer: () => undefined };
  const parts = { engine, exchange, raw, clock, memoBytes: 0, isBounded: false, since: 0, isAside: true, isReplica: false };
  return new Core({ ...core.parts, ...parts }, {});
}
