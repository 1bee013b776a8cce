/**
 * Stands between a client and API servers, as what balances their load does: notes what is asked, and passes it on to whichever server is named then.
 *
 * @module
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { KubernetesAccess } from "../../servers/kubernetes.js";

/** Something that was asked. */
export interface Asked {
  /** `WATCH`, or the method. */
  readonly verb: string;
  /** The resource version that a watch goes on from. */
  readonly from: string | null;
  /** The port of the server that was asked. */
  readonly port: number;
}

/** What stands between. */
export interface Recorder {
  /** The kubeconfig of `holdall` that leads here. */
  readonly kubeConfig: string;
  /** What was asked, in its order. */
  readonly asked: Asked[];
  /** The server that is asked from now on. */
  server: KubernetesAccess;
}

/** Stands between until the test has ended. */
export async function recorderTo(server: KubernetesAccess, namespace: string): Promise<Recorder> {
  const ca = readFileSync(server.certificate);
  const asked: Asked[] = [];
  // With the server's own certificate.
  const key = readFileSync(server.certificate.replace(/crt$/, "key"));
  const listening = createServer({ key, cert: ca }, (incoming, answer) => {
    const { method = "", url = "", headers } = incoming;
    const { searchParams } = new URL(url, "https://any");
    const { port } = recorder.server;
    asked.push({ verb: searchParams.has("watch") ? "WATCH" : method, from: searchParams.get("resourceVersion"), port });
    const passed = request({ host: "127.0.0.1", port, method, path: url, headers, ca, agent: false }, (heard) => {
      answer.writeHead(heard.statusCode ?? 500, heard.headers);
      heard.pipe(answer);
    });
    passed.once("error", () => answer.destroy());
    answer.once("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  await once(listening.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    listening.close();
    listening.closeAllConnections();
  });
  const { port } = listening.address() as AddressInfo;
  const recorder: Recorder = { kubeConfig: server.kubeconfig("holdall", { namespace, port }), asked, server };
  return recorder;
}
