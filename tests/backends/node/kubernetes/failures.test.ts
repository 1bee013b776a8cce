/** What an answer that is none means is told by its code, with the advice that belongs to it and no other. */
import { expect, test } from "vitest";
import { failureOf, Refused, Unauthenticated, writeFailureOf } from "../../../../ts/backends/kubernetes/failures.js";
import { storeKind } from "../../../../ts/backends/kubernetes/holdall-layout.js";

const answer = (status: number, message: string) => ({ status, text: JSON.stringify({ kind: "Status", message }) });

test.each([
  [
    403,
    'holdallstores.holdall.dev "x" is forbidden: User "u" cannot patch resource "holdallstores" in API group',
    "FORBIDDEN",
    "rights of rbac.yaml",
  ],
  [403, 'admission webhook "w.example" denied the request: no', "FORBIDDEN", "A policy of the cluster"],
  [422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "FORBIDDEN", "A policy of the cluster"],
  [403, "Forbidden by the proxy", "FORBIDDEN", "The cluster forbids it"],
  [403, "exceeded quota: counts, requested: count/holdallstores=1", "QUOTA_EXCEEDED", "quota"],
  [403, "unable to create new content in namespace n because it is being terminated", "INVALID_ARGUMENT", "being deleted"],
  [422, "metadata.annotations: Too long: may not be more than 262144 bytes", "QUOTA_EXCEEDED", "annotations"],
  [400, 'strict decoding error: unknown field "head.new"', "NOT_SUPPORTED", "crd.yaml"],
  [422, 'HoldallStore.holdall.dev "x" is invalid: head: Required value', "NOT_SUPPORTED", "crd.yaml"],
  [400, "the body of the request was in an unknown format", "NOT_SUPPORTED", "does not take such a request"],
])("%d, %s: %s", (status, told, code, meaning) => {
  const failure = writeFailureOf(answer(status, told), storeKind);
  expect(failure).toBeInstanceOf(Refused);
  expect(failure).toMatchObject({ code, message: expect.stringContaining(meaning) });
  expect(failure.message).toContain(told);
  const advices = ["rbac.yaml", "crd.yaml"].filter((advice) => !meaning.includes(advice));
  for (const advice of advices) expect(failure.message).not.toContain(advice);
});

test("a write whose outcome the server does not know (504), or that it cannot do now, may have been made: nobody is told that it was refused", () => {
  for (const status of [500, 502, 503, 504]) {
    const failure = writeFailureOf(answer(status, "request did not complete within the allotted timeout"), storeKind);
    expect(failure).not.toBeInstanceOf(Refused);
    expect(failure.code).toBe("UNAVAILABLE");
  }
});

test("who is not known to the cluster may be so later, and can be told from a server that does not answer", () => {
  for (const failure of [failureOf(answer(401, "Unauthorized"), storeKind), writeFailureOf(answer(401, "Unauthorized"), storeKind)]) {
    expect(failure).toBeInstanceOf(Unauthenticated);
    expect(failure.code).toBe("UNAVAILABLE");
  }
  expect(failureOf(answer(503, "busy"), storeKind)).not.toBeInstanceOf(Unauthenticated);
});
