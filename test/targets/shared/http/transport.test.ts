import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../../lib/aws/system.ts";
import { type HttpAnswer, httpTransport, MAX_ANSWER_BYTES } from "../../../../lib/targets/shared/run/http/transport.ts";
import { closedPort, httpServer, socketServer } from "../../../aws/loopback.ts";
import { certificateInMemory, type ServerCertificate } from "../../../servers/certificate.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const CALL_MS = 5_000;

async function post(
  address: string,
  { forMs = CALL_MS, clock = systemClock, ca = undefined as string | undefined } = {},
) {
  const transport = httpTransport({ clock, concurrency: 2, ca });
  return transport.post(new URL(address), { headers: { "x-one": "1" }, body: "hello" }, clock.now() + forMs);
}

describe("a call", () => {
  it("brings the body and its headers, and brings the answer back", async () => {
    const address = await httpServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { "x-one": one, "content-length": length, "user-agent": agent } = request.headers;
      response.setHeader("x-two", "2");
      response.end(`${request.method} ${request.url} ${one} ${length} ${agent} ${Buffer.concat(chunks)}`);
    });
    expect(await post(`${address}/path?query=1`)).toMatchObject({
      kind: "answered",
      status: 200,
      headers: { "x-two": "2" },
      body: "POST /path?query=1 1 5 dynamodb-outbox-relay hello",
      cut: false,
    });
  });

  it("follows no redirect", async () => {
    let calls = 0;
    const address = await httpServer((_request, response) => {
      calls += 1;
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect(await post(address)).toMatchObject({ kind: "answered", status: 307 });
    expect(calls).toBe(1);
  });

  it("was never sent where nobody listens, or the host is unknown", async () => {
    for (const address of [await closedPort(), "http://no-such-host.invalid/"]) {
      expect(await post(address)).toMatchObject({ failure: { class: "transient", scope: "target" } });
    }
  });

  it.each([
    ["closes the connection", (socket: { destroy(): void }) => socket.destroy()],
    ["answers what is no HTTP", (socket: { end(text: string): void }) => socket.end("SSH-2.0-OpenSSH_9.6\r\n\r\n")],
  ])("may have arrived at a server that %s", async (_what, meet) => {
    const address = await socketServer((socket) => socket.once("data", () => meet(socket)));
    expect(await post(address)).toMatchObject({ failure: { class: "ambiguous", scope: "target" } });
  });

  it("ends in time, and may have arrived, at a server that never answers", async () => {
    const address = await socketServer(() => undefined);
    expect(await post(address, { forMs: 100 })).toMatchObject({
      failure: { class: "ambiguous", code: "Timeout" },
    });
  });

  it("knows the status of an answer that never ends", async () => {
    const address = await httpServer((_request, response) => void response.writeHead(503).write("wait"));
    expect(await post(address, { forMs: 300 })).toMatchObject({
      kind: "answered",
      status: 503,
      cut: true,
      body: "wait",
    });
  });

  it("reads so much of an answer and no more", async () => {
    const address = await httpServer((_request, response) => {
      const more = () => response.writable && response.write("x".repeat(65_536), () => setImmediate(more));
      more();
    });
    const answer = await post(address);
    expect(answer).toMatchObject({ kind: "answered", status: 200, cut: false });
    expect(answer.kind === "answered" && answer.body.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
  });

  it.each([
    ["wants to go on in another protocol", "Connection: Upgrade\r\nUpgrade: echo\r\n"],
    ["says so, and names none", ""],
  ])("ends at a server that %s, which is no acceptance", async (_what, headers) => {
    const address = await socketServer((socket) =>
      socket.once("data", () => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`)),
    );
    expect(await post(address, { forMs: 500 })).toMatchObject({ kind: "answered", status: 101 });
  });

  it("fails for good, and says nothing of the value, where a header would break the message", async () => {
    const transport = httpTransport({ clock: systemClock, concurrency: 1 });
    const message = { headers: { "x-api-key": "secret\r\nx-admin: 1" }, body: "" };
    const answer = await transport.post(new URL("http://127.0.0.1:1/"), message, systemClock.now() + CALL_MS);
    expect(answer).toMatchObject({ failure: { class: "permanent", scope: "target" } });
    expect(JSON.stringify(answer)).not.toContain("secret\\r");
  });
});

describe("connections", () => {
  async function countedServer() {
    let connections = 0;
    const address = await httpServer(
      (request, response) => {
        request.resume();
        response.end("ok");
      },
      () => {
        connections += 1;
      },
    );
    return { url: new URL(address), connections: () => connections };
  }

  it("are kept for the next call, and made anew after a pause in which the server may have closed them", async () => {
    const { url, connections } = await countedServer();
    const clock = new VirtualClock();
    const transport = httpTransport({ clock, concurrency: 4 });
    const call = () => transport.post(url, { headers: {}, body: "x" }, clock.now() + CALL_MS);
    await call();
    await call();
    expect(connections()).toBe(1);
    clock.skip(60_000);
    expect(await call()).toMatchObject({ kind: "answered", status: 200 });
    expect(connections()).toBe(2);
  });

  it("that the server resets while idle harm nobody", async () => {
    const sockets: { resetAndDestroy(): unknown }[] = [];
    const url = new URL(
      await socketServer((socket) => {
        sockets.push(socket);
        socket.on("error", () => undefined);
        socket.on("data", () => socket.write("HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n"));
      }),
    );
    const transport = httpTransport({ clock: systemClock, concurrency: 1 });
    const call = () => transport.post(url, { headers: {}, body: "x" }, systemClock.now() + CALL_MS);
    expect(await call()).toMatchObject({ status: 204 });
    sockets[0]?.resetAndDestroy();
    await sleep(20);
    expect(await call()).toMatchObject({ status: 204 });
    expect(sockets).toHaveLength(2);
  });
});

describe("an answer that comes before the call was sent", () => {
  const LARGE = "x".repeat(5_600_000);

  /** Answers as soon as a call begins, and reads no more of it; `then` has the socket. */
  async function hastyServer(status: string, then: (socket: Socket) => void) {
    let connections = 0;
    const url = new URL(
      await socketServer((socket) => {
        connections += 1;
        socket.on("error", () => undefined);
        socket.once("data", () => {
          socket.pause();
          socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n\r\nno`, () => then(socket));
        });
      }),
    );
    return { url, connections: () => connections };
  }
  /** An error without a listener would end the process, and the test with it. vitest reports it. */
  const calls = async (url: URL, count: number, forMs = CALL_MS) => {
    const transport = httpTransport({ clock: systemClock, concurrency: 4 });
    const answers: HttpAnswer[] = [];
    for (let call = 0; call < count; call += 1) {
      answers.push(await transport.post(url, { headers: {}, body: LARGE }, systemClock.now() + forMs));
    }
    await sleep(50);
    return answers;
  };

  it.each([
    ["resets the connection", (socket: Socket) => socket.resetAndDestroy()],
    ["closes it", (socket: Socket) => socket.end(() => socket.destroy())],
    ["lets it stand", () => undefined],
  ])("counts, and harms nobody, where the server then %s", async (_what, then) => {
    const { url, connections } = await hastyServer("413 Content Too Large", then);
    for (const answer of await calls(url, 5)) expect(answer).toMatchObject({ kind: "answered", status: 413 });
    // A connection with the rest of a call on it takes no other call.
    expect(connections()).toBe(5);
  });

  it("is no acceptance while the server does not take the rest", async () => {
    const { url } = await hastyServer("200 OK", () => undefined);
    expect(await calls(url, 1, 300)).toMatchObject([{ kind: "answered", status: 200, cut: true }]);
  });

  it("is an acceptance once the server took the rest", async () => {
    const { url, connections } = await hastyServer("200 OK", (socket) => setTimeout(() => socket.resume(), 20));
    const answer = { kind: "answered", status: 200, cut: false };
    expect(await calls(url, 2)).toMatchObject([answer, answer]);
    expect(connections()).toBe(2);
  });
});

describe("TLS", () => {
  let made: ServerCertificate;
  beforeAll(async () => {
    made = await certificateInMemory();
  });

  async function secureServer(): Promise<number> {
    const server = createServer(made.server, (_request, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  it("is made with the authority that is trusted", async () => {
    const port = await secureServer();
    expect(await post(`https://127.0.0.1:${port}`, { ca: made.ca })).toMatchObject({ status: 200 });
  });

  it("fails for good with any other, or with another name than the certificate's", async () => {
    const port = await secureServer();
    for (const options of [
      { address: `https://127.0.0.1:${port}` },
      { address: `https://localhost:${port}`, ca: made.ca },
    ]) {
      const { address, ...rest } = options;
      expect(await post(address, rest)).toMatchObject({ failure: { class: "permanent", scope: "target" } });
    }
  });

  it("that never comes about is a call that was never sent", async () => {
    const address = await socketServer(() => undefined);
    expect(await post(address.replace("http:", "https:"))).toMatchObject({ failure: { class: "transient" } });
  });
});
