/**
 * Checks of options, before anything is made or connected.
 *
 * @module
 */
import { HoldallTypeError } from "../errors.js";
import { checkTimeout, defaultTimeout } from "./wait.js";

/** Checks what all Pepr stores have in common. */
export function checkFace({
  clock,
  onError,
  timeout,
}: {
  readonly clock?: unknown;
  readonly onError?: unknown;
  readonly timeout?: unknown;
}): void {
  if (clock !== undefined && !has(clock, "setTimer")) throw new HoldallTypeError("clock must be a clock");
  if (onError !== undefined && typeof onError !== "function") throw new HoldallTypeError("onError must be a function");
  checkTimeout(timeout as number | undefined, defaultTimeout);
}

/** Checks how a cluster is reached. */
export function checkCluster(kubernetes: unknown): void {
  checkNames("kubernetes", kubernetes, ["kubeConfig", "timeout", "clock"]);
  const { kubeConfig, timeout, clock } = kubernetes as Record<string, unknown>;
  if (kubeConfig !== undefined && typeof kubeConfig !== "string" && !has(kubeConfig, "getCurrentCluster")) {
    throw new HoldallTypeError("kubernetes.kubeConfig must be a KubeConfig, a path or in-cluster");
  }
  if (clock !== undefined && !has(clock, "now")) throw new HoldallTypeError("kubernetes.clock must be a clock");
  checkTimeout(timeout as number | undefined, defaultTimeout);
}

/** Refuses what is no option: one that is misspelt, or is in the wrong place, would be passed over in silence. */
export function checkNames(what: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new HoldallTypeError(`${what} must be an object`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new HoldallTypeError(`${what} has no option ${unknown}; there are ${names.join(", ")}`);
}

function has(candidate: unknown, method: string): boolean {
  return typeof candidate === "object" && candidate !== null && typeof (candidate as Record<string, unknown>)[method] === "function";
}
