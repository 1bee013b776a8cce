/** Promises on loading: `slim` has no engine before `load`, and `load` takes bytes, a module, a response or a promise of one, and nothing else. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as slim from "../../../ts/slim.js";

const bytes = await readFile("pkg/holdall_bg.wasm");

/** A package that has loaded nothing yet. */
let fresh: typeof slim;
beforeEach(async () => {
  vi.resetModules();
  fresh = await import("../../../ts/slim.js");
});

function works(): void {
  const store = fresh.createStore();
  store.set("k", { a: 1 });
  expect(store.get("k")).toEqual({ a: 1 });
}

describe("slim", () => {
  it("makes no store before an engine is loaded, and says what to do", async () => {
    const unavailable = expect.objectContaining({ code: "ENGINE_UNAVAILABLE", message: expect.stringContaining("load") });
    expect(() => fresh.createStore()).toThrow(unavailable);
    expect(() => fresh.createStore()).toThrow(unavailable);
    await fresh.load(bytes);
    works();
  });

  it.each<[string, () => slim.LoadableEngine | PromiseLike<slim.LoadableEngine>]>([
    ["a typed array", () => bytes],
    ["an array buffer", () => new Uint8Array(bytes).buffer],
    ["a data view", () => new DataView(new Uint8Array(bytes).buffer)],
    ["a module", () => new WebAssembly.Module(bytes)],
    ["a promise of bytes", () => readFile("pkg/holdall_bg.wasm")],
    ["a response of another type", () => new Response(bytes)],
    ["a response to stream", () => new Response(bytes, { headers: { "content-type": "application/wasm" } })],
    ["a promise of a response", () => Promise.resolve(new Response(bytes, { headers: { "content-type": "application/wasm" } }))],
  ])("loads %s", async (_, source) => {
    await fresh.load(source());
    works();
  });

  it("loads what a server answers", async () => {
    const server = createServer((_, response) => response.setHeader("content-type", "application/wasm").end(bytes)).listen(0);
    const { port } = server.address() as AddressInfo;
    await fresh.load(fetch(`http://localhost:${port}/holdall_bg.wasm`));
    server.close();
    works();
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "INVALID_ARGUMENT"],
    ["null", null, "INVALID_ARGUMENT"],
    ["an address", "https://example.com/holdall_bg.wasm", "INVALID_ARGUMENT"],
    ["an object", {}, "INVALID_ARGUMENT"],
    ["a promise of nothing", Promise.resolve(undefined), "INVALID_ARGUMENT"],
    ["no bytes", new Uint8Array(0), "ENGINE_UNAVAILABLE"],
    ["other bytes", new Uint8Array([1, 2, 3]), "ENGINE_UNAVAILABLE"],
    ["half of the bytes", bytes.subarray(0, bytes.length / 2), "ENGINE_UNAVAILABLE"],
    ["a page that was not found", new Response("not found", { status: 404 }), "ENGINE_UNAVAILABLE"],
    ["a page in its place", new Response("<html>", { headers: { "content-type": "application/wasm" } }), "ENGINE_UNAVAILABLE"],
  ])("refuses %s, after which the right source still loads", async (_, source, code) => {
    const error = await fresh.load(source as slim.LoadableEngine).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(fresh.HoldallError);
    expect(error).toMatchObject({ code });
    if (code === "INVALID_ARGUMENT") expect((error as Error).message).toContain("source");
    expect(() => fresh.createStore()).toThrow(expect.objectContaining({ code: "ENGINE_UNAVAILABLE" }));
    await fresh.load(bytes);
    works();
  });

  it("passes on why a promised source failed", async () => {
    const mine = new Error("offline");
    await expect(fresh.load(Promise.reject(mine))).rejects.toBe(mine);
  });

  it("refuses a module that is another program", async () => {
    const empty = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
    await expect(fresh.load(empty)).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    await fresh.load(bytes);
    works();
  });

  it("loads once: a second source is not looked at", async () => {
    await fresh.load(bytes);
    await fresh.load(new Uint8Array([1, 2, 3]));
    works();
  });
});

describe("the default entry", () => {
  it("says ENGINE_UNAVAILABLE where the platform compiles nothing, and works once it does", async () => {
    const { createStore } = await import("../../../ts/index.js");
    const { Module } = WebAssembly;
    Object.assign(WebAssembly, {
      Module: class {
        constructor() {
          throw new WebAssembly.CompileError("blocked by a page's policy");
        }
      },
    });
    try {
      expect(() => createStore()).toThrow(
        expect.objectContaining({ code: "ENGINE_UNAVAILABLE", cause: expect.any(WebAssembly.CompileError) }),
      );
    } finally {
      Object.assign(WebAssembly, { Module });
    }
    const store = createStore();
    store.set("k", 1);
    expect(store.get("k")).toBe(1);
  });
});
