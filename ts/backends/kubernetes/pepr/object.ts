/**
 * Pepr's resource as Pepr makes it and needs it, with the items of one capability read from it.
 *
 * ```yaml
 * apiVersion: pepr.dev/v1
 * kind: PeprStore
 * metadata:
 *   name: pepr-<uuid>-store              # or pepr-<uuid>-schedule
 *   labels: { pepr.dev-cacheID: "1764316112123" }   # Pepr's patches replace it, so they fail where it is missing
 *   annotations: { holdall.dev/commits: … }         # ours: notes.ts
 * data:
 *   __pepr_do_not_delete__: k-thx-bye    # Pepr's patches fail where there are no data
 *   hello-v2-key: value
 * ```
 *
 * @module
 */

import type { KubernetesObject, ObjectKind, ObjectPlace } from "../layout.js";
import { foreign } from "../texts.js";
import type { CapabilityKeys } from "./keys.js";

/** Pepr's resource. */
export interface PeprObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The kind of Pepr's resource. */
export const peprKind: ObjectKind = {
  api: "pepr.dev/v1",
  plural: "peprstores",
  definedBy: "Pepr defines it when its controller starts, and by `npx pepr deploy`",
  rights: "pepr-rbac.yaml",
};

/** The label that Pepr replaces with each patch. */
export const cacheLabel = "pepr.dev-cacheID";

/** A new resource, as Pepr makes it. */
export function newResource(place: ObjectPlace, cacheId: string): string {
  return JSON.stringify({
    apiVersion: peprKind.api,
    kind: "PeprStore",
    metadata: { ...place, labels: { [cacheLabel]: cacheId } },
    data: { __pepr_do_not_delete__: "k-thx-bye" },
  });
}

/** How often the data were changed, by whomever. */
export function generationOf({ metadata }: PeprObject): number {
  const { generation } = metadata;
  if (!Number.isSafeInteger(generation)) throw foreign("it has no generation");
  return generation as number;
}

/** The items of a capability, those that lie where Pepr kept them formerly included. Where there are both of a key, the former one was left behind. */
export function itemsOf({ data = {} }: PeprObject, keys: CapabilityKeys): Map<string, string> {
  const items = new Map<string, string>();
  const former = new Map<string, string>();
  for (const [place, value] of Object.entries(data)) {
    if (typeof value !== "string") continue;
    const key = keys.keyAt(place);
    if (key !== undefined) items.set(key, value);
    const formerKey = keys.formerKeyAt(place);
    if (formerKey !== undefined) former.set(formerKey, value);
  }
  for (const [key, value] of former) if (!items.has(key)) items.set(key, value);
  return items;
}
