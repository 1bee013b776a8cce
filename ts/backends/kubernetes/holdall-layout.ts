/**
 * Holdall's own layout: a store is an object of the kind `HoldallStore` (`object.ts`), which holds its log and what it knows of replicas too.
 *
 * @module
 */

import { decideCommit } from "../local/ledger.js";
import type { Layout, ObjectKind } from "./layout.js";
import { type StoreObject, stateOf } from "./object.js";
import { objectText, patchOf, withoutLog } from "./patch.js";
import { ObjectShelf } from "./shelf.js";
import { foreign } from "./texts.js";

/** The kind of objects that stores are. */
export const storeKind: ObjectKind = {
  api: "holdall.dev/v1",
  plural: "holdallstores",
  definedBy: "apply crd.yaml, or call applyStoreDefinition()",
  rights: "rbac.yaml",
};

/** The layout of the store with a name. */
export function holdallLayout(store: string): Layout<StoreObject> {
  return {
    kind: storeKind,
    shelfOf(object) {
      if (object.store?.name !== store) throw foreign(`it is not the store ${JSON.stringify(store)}`);
      return new ObjectShelf(object);
    },
    // The object has its log in it.
    misses: () => false,
    create: (place, header, head) => objectText(place, store, header, head),
    // Without its part of the log where the object has no room for that.
    *patches(object, writes) {
      yield patchOf(object, writes);
      yield patchOf(object, withoutLog(writes, stateOf(object).head));
    },
    decide: decideCommit,
  };
}
