/**
 * Processes that write by Pepr's face onto one resource are killed at random moments, and so is the API server: what was acknowledged is there, and nothing
 * was applied twice. What the resource ever held is read from etcd.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type KubernetesServer, startKubernetes } from "../../../servers/kubernetes.js";
import { compileProgram, type RunningProgram, startProgram } from "../processes.js";
import { namespace, prepare } from "./cluster.js";
import { historyOf, valuesGiven } from "./history.js";
import { Resource } from "./support.js";

/** How often all four writers are killed, and the API server. */
const rounds = Number(process.env.HOLDALL_PEPR_KILLS ?? 1);

const program = "pepr/writer";
const lines = ["a", "b", "c", "d"];

let server: KubernetesServer;
beforeAll(async () => {
  await compileProgram(program);
  server = await startKubernetes({ flags: ["--etcd-compaction-interval=0"] });
  await prepare(server);
}, 240_000);
afterAll(() => server.stop());

const pause = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

/** A writer, and what it has said. */
class Writer {
  readonly line: string;
  readonly name: string;
  readonly #running: RunningProgram;

  constructor(line: string, name: string, uuid: string) {
    this.line = line;
    this.name = name;
    this.#running = startProgram(program, [server.kubeconfig("holdall", { namespace }), uuid, line, name]);
  }

  /** The numbers that it has said something of. */
  numbers(what: "began" | "written" | "counted"): number[] {
    return this.#running.lines.filter((text) => text.startsWith(`${what} `)).map((text) => Number(text.slice(what.length)));
  }

  /** Waits until it has counted so many times more. */
  async counts(times: number): Promise<void> {
    const enough = this.numbers("counted").length + times;
    await vi.waitUntil(() => {
      if (this.#running.hasEnded) throw new Error(`writer ${this.name} has ended by itself: ${this.#running.complaints}`);
      return this.numbers("counted").length >= enough;
    }, 240_000);
  }

  /** Kills it as a crash would. */
  kill(): Promise<void> {
    return this.#running.kill();
  }
}

/** The writers of one resource. */
class Writers {
  readonly resource = new Resource("store", server);
  /** All that ever were. */
  readonly all: Writer[] = [];
  /** Those that are at work. */
  readonly alive = new Map<string, Writer>();

  /** Starts the next of a line. */
  start(line: string): Writer {
    const writer = new Writer(line, `${line}${this.all.length}`, this.resource.uuid);
    this.all.push(writer);
    this.alive.set(line, writer);
    return writer;
  }

  /** Kills the one of a line that is at work, and starts the next. */
  async succeed(line: string): Promise<Writer> {
    await this.alive.get(line)?.kill();
    return this.start(line);
  }

  /** Waits until each has counted some times more. */
  async goOn(): Promise<void> {
    await Promise.all([...this.alive.values()].map((writer) => writer.counts(3)));
  }

  /** Kills all, and holds them to what they were told. */
  async end(): Promise<{ written: number; counted: number; states: number }> {
    await Promise.all([...this.alive.values()].map((writer) => writer.kill()));
    const states = await historyOf(server, this.resource);
    const last = states.at(-1) ?? {};
    const keys = new Set(states.flatMap((state) => Object.keys(state)));
    // Each is a value of its own, so one that comes a second time was applied twice.
    const texts = new Map([...keys].map((key) => [key, valuesGiven(states, key)]));
    for (const values of texts.values()) expect(values).toEqual([...new Set(values)]);
    const given = (key: string) => texts.get(`hello-v2-${key}`) ?? [];
    for (const line of lines) this.#expectLine(line, given(`line:${line}`));
    const shared = new Set([0, 1, 2].flatMap((at) => given(`all:${at}`)));
    for (const { name, numbers } of this.#heard("written")) {
      expect(numbers.filter((number) => !shared.has(`${number} of ${name}`))).toEqual([]);
    }
    const counts = given("count").map(Number);
    expect(counts).toEqual(counts.map((_, at) => at + 1));
    const own = this.all.map(({ name }) => Number(last[`hello-v2-count:${name}`] ?? 0));
    expect(own.reduce((sum, count) => sum + count, 0)).toBe(counts.length);
    for (const [at, { numbers }] of this.#heard("counted").entries()) {
      // One more may be there: the kill came between the commit and its answer.
      expect([0, 1]).toContain((own[at] ?? 0) - numbers.length);
    }
    const sum = (what: "written" | "counted") => this.#heard(what).reduce((total, { numbers }) => total + numbers.length, 0);
    return { written: sum("written"), counted: sum("counted"), states: states.length };
  }

  /** All that was acknowledged to a line is in its key's history, in its order; and who succeeded another has read it. */
  #expectLine(line: string, values: readonly string[]): void {
    const numbers = values.map((value) => Number.parseInt(value, 10));
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    let acknowledged = 0;
    for (const writer of this.all.filter((one) => one.line === line)) {
      const [began = Infinity] = writer.numbers("began");
      expect(began).toBeGreaterThanOrEqual(acknowledged);
      const written = writer.numbers("written");
      expect(written.filter((number) => !values.includes(`${number} of ${writer.name}`))).toEqual([]);
      acknowledged = written.at(-1) ?? acknowledged;
    }
  }

  #heard(what: "written" | "counted") {
    return this.all.map((writer) => ({ name: writer.name, numbers: writer.numbers(what) }));
  }
}

/** Lets four write, brings failures about, and holds them to what they were told; says what they saw when there are many rounds. */
async function survive(what: string, fail: (writers: Writers) => Promise<void>): Promise<void> {
  const totals = { processes: 0, written: 0, counted: 0, states: 0 };
  for (let round = 0; round < rounds; round++) {
    const writers = new Writers();
    for (const line of lines) writers.start(line);
    await writers.goOn();
    await fail(writers);
    await writers.goOn();
    const { written, counted, states } = await writers.end();
    totals.processes += writers.all.length;
    totals.written += written;
    totals.counted += counted;
    totals.states += states;
  }
  if (rounds > 1) console.log(`${what}: ${rounds} rounds`, JSON.stringify(totals), "none lost, none twice");
}

/** A moment in the midst of whatever is done then: a commit takes some ten milliseconds. */
const moment = () => pause(Math.random() * 100);

test("writers are killed, and others go on in their place", { timeout: rounds * 360_000 }, () =>
  survive("writers killed", async (writers) => {
    for (const line of lines) {
      await moment();
      await writers.succeed(line);
    }
  }),
);

test("the API server is killed; and one writer while it is away, whose successor begins then", { timeout: rounds * 360_000 }, () =>
  survive("API server killed", async (writers) => {
    await moment();
    await server.api.restart();
    await moment();
    await server.api.kill();
    await writers.succeed("a");
    await server.api.start();
  }),
);
