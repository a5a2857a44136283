import { Agent, get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { httpServer } from "../aws/loopback.ts";
import { listenToProcess } from "../setup/process-listener.ts";
import { heldMoreAndMore } from "./at-rest.ts";

/** A process that makes a call in each invocation, by one client. */
async function callingProcess() {
  const endpoint = await httpServer((_request, response) => response.end("{}"));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const call = () =>
    new Promise<Socket>((resolve, reject) => {
      const answered = (response: IncomingMessage) => {
        const { socket } = response;
        text(response).then(() => resolve(socket), reject);
      };
      get(endpoint, { agent }, answered).on("error", reject);
    });
  return { endpoint, call };
}

/** Node.js itself warns of more than ten. */
const LISTENERS = 7;

/** Each leaves one thing behind, and undoes that when the test is over. */
const LEAKS: readonly (readonly [string, (socket: Socket, endpoint: string) => void | Promise<void>, string])[] = [
  [
    "a listener on the process",
    () => {
      if (process.listenerCount("SIGUSR2") <= LISTENERS) listenToProcess();
    },
    "listeners of the process, SIGUSR2",
  ],
  [
    "a listener on its connection",
    (socket) => {
      if (socket.listenerCount("drain") < LISTENERS) socket.on("drain", () => undefined);
    },
    "listeners of a socket, drain",
  ],
  [
    "a timer",
    () => {
      const timer = setTimeout(() => undefined, 60_000);
      onTestFinished(() => clearTimeout(timer));
    },
    "alive, Timeout",
  ],
  [
    "a connection",
    (_socket, endpoint) =>
      new Promise((made) => {
        const { hostname, port } = new URL(endpoint);
        const socket = connect(Number(port), hostname, made).unref();
        onTestFinished(() => void socket.destroy());
      }),
    "sockets: ",
  ],
];

describe("what a process holds more and more of", () => {
  it("is nothing where it uses its connection again", async () => {
    const { call } = await callingProcess();
    expect(await heldMoreAndMore(call)).toEqual([]);
  });

  it.each(LEAKS)("is told where each invocation leaves %s", async (_what, leak, told) => {
    const { endpoint, call } = await callingProcess();
    const held = await heldMoreAndMore(async () => leak(await call(), endpoint));
    expect(held.join("\n")).toContain(told);
  });
});
