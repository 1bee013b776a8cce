/**
 * Whether a template can run: all that is wrong with it at once, and what may be a mistake.
 *
 * @module
 */
import type { NodeCode } from "../types/index.js";
import { eachText, parseExpression, pathTo } from "./expression.js";
import { Findings } from "./findings.js";
import { type Edges, inOrder, reachedFrom } from "./graph.js";

/** Identifiers that mean something else in expressions. */
const reserved = ["store", "inputs"];

/** A node, as far as it could be read. */
interface Sighted {
  readonly id: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly next: readonly { readonly text: string; readonly path: string }[];
}

/** Looks at a template, whatever it is. */
export function validate(template: unknown, nodes: Readonly<Record<string, NodeCode>>): Findings {
  const findings = new Findings();
  const root = findings.object(template, "template");
  if (template === undefined || template === null) findings.problem("WRONG_TYPE", "template", "has to be an object");
  findings.fields(root, "", ["store_config", "nodes"]);
  const declared = checkStoreConfig(root.store_config, findings);
  const sighted = checkNodes(root.nodes, nodes, findings);
  const edges: Edges = new Map(sighted.map(({ id, next }) => [id, next.map(({ text }) => text)]));
  checkEdges(sighted, edges, findings);
  for (const { fields } of sighted) {
    for (const key of producedBy(fields, nodes)) declared.add(key);
  }
  for (const node of sighted) checkReferences(node, edges, declared, findings);
  return findings;
}

function checkStoreConfig(candidate: unknown, findings: Findings): Set<string> {
  const config = findings.object(candidate, "store_config");
  findings.fields(config, "store_config", ["required_keys", "default_values"]);
  const required = findings.texts(config.required_keys, "store_config.required_keys", "a key");
  for (const { text, path } of required) findings.key(text, path);
  const defaults = findings.object(config.default_values, "store_config.default_values");
  for (const [key, value] of Object.entries(defaults)) {
    const path = pathTo("store_config.default_values", key);
    findings.key(key, path);
    if (typeof value !== "string")
      findings.problem("NOT_A_STRING", path, `has to be a string, not ${value === null ? "null" : typeof value}`);
  }
  return new Set([...required.map(({ text }) => text), ...Object.keys(defaults)]);
}

function checkNodes(candidate: unknown, nodes: Readonly<Record<string, NodeCode>>, findings: Findings): Sighted[] {
  const list = findings.list(candidate, "nodes");
  if (list.length === 0) findings.problem("NO_NODES", "nodes", "has to have a node");
  const sighted: Sighted[] = [];
  for (const [at, entry] of list.entries()) {
    const path = `nodes[${at}]`;
    const fields = findings.object(entry ?? "", path);
    findings.fields(fields, path, ["node_name", "namespace", "identifier", "inputs", "next_nodes", "unites", "requires", "produces"]);
    const { node_name: name, identifier: id } = fields;
    if (typeof name !== "string") findings.problem("WRONG_TYPE", `${path}.node_name`, "has to be the name of a node's code, a text");
    else if (!Object.hasOwn(nodes, name))
      findings.problem("UNKNOWN_NODE", `${path}.node_name`, `there is no code for ${JSON.stringify(name)}`);
    const next = findings.texts(fields.next_nodes, `${path}.next_nodes`, "an identifier");
    findings.object(fields.inputs, `${path}.inputs`);
    for (const list of ["requires", "produces"]) {
      for (const { text, path: place } of findings.texts(fields[list], `${path}.${list}`, "a key")) {
        if (text === "") findings.problem("EMPTY_KEY", place, "is an empty key");
      }
    }
    if (isIdentifier(id, sighted, `${path}.identifier`, findings)) sighted.push({ id, path, fields, next });
  }
  return sighted;
}

function isIdentifier(id: unknown, others: readonly Sighted[], path: string, findings: Findings): id is string {
  if (typeof id !== "string" || !/^[\p{L}\p{N}_-]+$/u.test(id) || reserved.includes(id)) {
    findings.problem("INVALID_IDENTIFIER", path, 'has to be letters, digits, "_" and "-", and neither "store" nor "inputs"');
    return false;
  }
  if (others.some((other) => other.id === id)) {
    findings.problem("DUPLICATE", path, `names a second node ${JSON.stringify(id)}`);
    return false;
  }
  return true;
}

function checkEdges(sighted: readonly Sighted[], edges: Edges, findings: Findings): void {
  for (const { next } of sighted) {
    for (const { text, path } of next) {
      if (!edges.has(text)) findings.problem("UNKNOWN_IDENTIFIER", path, `there is no node ${JSON.stringify(text)}`);
    }
  }
  const ordered = new Set(inOrder(edges));
  const told = new Set<string>();
  for (const { id, path } of sighted) {
    if (ordered.has(id) || told.has(id)) continue;
    const cycle = cycleThrough(id, edges);
    if (cycle === undefined) continue;
    for (const member of cycle) told.add(member);
    findings.problem("CYCLE", `${path}.next_nodes`, `leads round in a circle: ${[...cycle, id].join(" → ")}`);
  }
}

/** The shortest way from a node back to itself. */
function cycleThrough(id: string, edges: Edges): string[] | undefined {
  const ways = [[id]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const to of edges.get(way.at(-1) ?? "") ?? []) {
      if (to === id) return way;
      if (!seen.has(to)) ways.push([...way, to]);
      seen.add(to);
    }
  }
  return undefined;
}

function producedBy(fields: Readonly<Record<string, unknown>>, nodes: Readonly<Record<string, NodeCode>>): string[] {
  const { node_name: name, produces } = fields;
  const code = typeof name === "string" && Object.hasOwn(nodes, name) ? nodes[name] : undefined;
  const own = Array.isArray(produces) ? produces.filter((key) => typeof key === "string") : [];
  return typeof code === "object" ? [...own, ...(code.produces ?? [])] : own;
}

function checkReferences({ id, path, fields }: Sighted, edges: Edges, declared: ReadonlySet<string>, findings: Findings): void {
  const checkUpstream = (from: string, place: string) => {
    if (!edges.has(from)) findings.problem("UNKNOWN_IDENTIFIER", place, `there is no node ${JSON.stringify(from)}`);
    else if (!reachedFrom(edges, from).has(id)) findings.problem("NOT_UPSTREAM", place, `node ${JSON.stringify(from)} does not lead here`);
  };
  const checkDeclared = (key: string, place: string) => {
    if (!declared.has(key)) findings.warning("UNDECLARED_KEY", place, `nothing declares the store's key ${JSON.stringify(key)}`);
  };
  eachText(fields.inputs, `${path}.inputs`, (text, place) => {
    const { parts, malformed } = parseExpression(text);
    for (const { position, reason } of malformed) {
      findings.problem("MALFORMED_EXPRESSION", place, `the expression at character ${position} cannot be read: ${reason}`);
    }
    for (const part of parts) {
      if (typeof part === "string") continue;
      if (part.from === "outputs") checkUpstream(part.node, place);
      else if (part.from === "store") checkDeclared(part.path[0] ?? "", place);
    }
  });
  for (const key of Array.isArray(fields.requires) ? fields.requires : [])
    if (typeof key === "string") checkDeclared(key, `${path}.requires`);
  if (fields.unites === undefined || fields.unites === null) return;
  const unites = findings.object(fields.unites, `${path}.unites`);
  const { identifier, strategy } = unites;
  if (typeof identifier !== "string") findings.problem("WRONG_TYPE", `${path}.unites.identifier`, "has to be an identifier, a text");
  else checkUpstream(identifier, `${path}.unites.identifier`);
  if (strategy !== undefined && strategy !== null && strategy !== "ALL_SUCCESS") {
    findings.problem("NOT_SUPPORTED", `${path}.unites.strategy`, "can only be ALL_SUCCESS");
  }
}
