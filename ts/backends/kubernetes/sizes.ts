/**
 * How large an object is where Kubernetes keeps it. etcd takes 1.5 MiB for a request, and what is more it refuses with an error that tells nobody
 * which write it was; so it is reckoned here before anything is sent.
 *
 * @module
 */

import { utf8Length } from "../local/texts.js";

/** The most that an object may be: etcd's 1.5 MiB without what goes around it. */
export const maxObjectBytes = 1.5 * 2 ** 20 - 8 * 1024;

/** The size of JSON as the API server writes it: it escapes `<`, `>`, `&` and two separators, which are then six bytes each. */
export function storedBytes(json: string): number {
  let bytes = utf8Length(json);
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === 0x3c || unit === 0x3e || unit === 0x26) bytes += 5;
    else if (unit === 0x2028 || unit === 0x2029) bytes += 3;
  }
  return bytes;
}
