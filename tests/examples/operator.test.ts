/**
 * The operator as a person runs it, on a real API server with the rights of its manifests and no others; and with one of its two replicas killed in the middle
 * of its work. What is checked here is counted anew, beside what the example itself checks.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { loadYaml } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { check } from "../../examples/operator/check.mjs";
import { demonstrate } from "../../examples/operator/demonstration.mjs";

const program = fileURLToPath(new URL("../../examples/operator/main.mjs", import.meta.url));

test("two replicas handle each version once, and their state can be read as kubectl shows it", { timeout: 300_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  expect([stderr, stdout.match(/^✗.*/gm)]).toEqual(["", null]);
  expect(status).toBe(0);
  expect(stdout.match(/^✓/gm)).toHaveLength(5);
  const applied = [...stdout.matchAll(/^(?:one|two) +(\S+)@(\d+) applied$/gm)].map(([, name, version]) => `${name}@${version}`);
  expect(applied).toHaveLength(10);
  expect(new Set(applied).size).toBe(10);
  const yaml = stdout.slice(stdout.indexOf("apiVersion:"), stdout.indexOf("# and its log"));
  const object = loadYaml<{ kind: string; store: object; entries: Record<string, { kind: string; value: string }> }>(yaml);
  expect(object).toMatchObject({ kind: "HoldallStore", store: { name: "operator" } });
  const seen = Object.entries(object.entries).filter(([key]) => key.startsWith("seen:"));
  expect(seen.map(([key]) => key.slice(5))).toEqual(["catalogue", "checkout", "delivery", "mail", "payment", "search", "tax", "voucher"]);
  for (const [key, { kind, value }] of seen.filter(([key]) => key !== "seen:delivery")) {
    const { version, result } = JSON.parse(value);
    expect([key, kind, result]).toEqual([key, "object", "applied"]);
    expect(applied).toContain(`${key.slice(5)}@${version}`);
  }
});

test("one replica is killed in the middle of its work, and nothing is lost and nothing done twice", { timeout: 300_000 }, async () => {
  const said: string[] = [];
  const facts = await demonstrate({ kill: true, say: (who, line) => said.push(`${who} ${line}`) });
  expect(check(facts).flatMap(({ problems }) => problems)).toEqual([]);
  const { killed, written, books, audit } = facts;
  expect(["one", "two"]).toContain(killed);
  // After its end it says nothing and books nothing.
  const end = said.findIndex((line) => line.includes("was killed"));
  expect(said.slice(end).filter((line) => line.startsWith(`${killed} `))).toEqual([]);
  const other = killed === "one" ? "two" : "one";
  const payment = written.find(({ name }) => name === "payment");
  expect(books.find(({ name }) => name === "payment")).toEqual({ name: "payment", version: payment?.version, by: killed, repeats: 1 });
  expect(audit.filter(({ name }) => name === "payment").map(({ what, by, version }) => [what, by, version])).toEqual([
    ["taken over", other, payment?.version],
    ["applied", other, payment?.version],
  ]);
  expect(books.filter(({ name }) => name !== "payment").every(({ repeats }) => repeats === 0)).toBe(true);
});
