import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What happens on the way to a server and back. It takes effect at once, on open connections too. */
export type WireFault =
  | "pass"
  /** Nobody listens, and open connections are reset. */
  | "refuse"
  /** Requests arrive, answers do not. */
  | "swallow-answers"
  /** Nothing arrives anywhere; connections stay open. */
  | "silent"
  /** Requests are answered with meaningless bytes. */
  | "garbage";

/** What happens to a connection that carries a request with these bytes. */
export interface Poison {
  readonly marker: string;
  /** It is reset before the request arrives, or is silent from then on, like a server that hangs. */
  readonly effect: "cut" | "deaf";
}

const GARBAGE = Buffer.from("\u0000\u00ff\u0017 this is no answer \r\n\r\n\u0001".repeat(8), "latin1");

/** A TCP proxy on 127.0.0.1 and a free port, which it keeps, in front of one server. */
export class TcpProxy {
  readonly #upstream: () => { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #fault: WireFault = "pass";
  #poison: Poison | undefined;

  private constructor(upstream: TcpProxy["upstream"]) {
    this.#upstream = upstream;
  }

  /** @param upstream is asked at each connection, for a server that comes back on another port. */
  static async start(upstream: () => { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstream);
    await proxy.#listen();
    return proxy;
  }

  get upstream() {
    return this.#upstream;
  }

  get port(): number {
    return this.#port;
  }

  async setFault(fault: WireFault): Promise<void> {
    this.#fault = fault;
    if (fault === "refuse") await this.close();
    else await this.#listen();
  }

  setPoison(poison: Poison | undefined): void {
    this.#poison = poison;
  }

  /** Resets every open connection. New ones are taken. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    this.cutConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  #serve(client: Socket): void {
    const server = connect(this.#upstream());
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      // A broken connection ends the other side's connection. Nobody else need be told.
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    let isDeaf = false;
    client.on("data", (request) => {
      if (this.#poison !== undefined && request.includes(this.#poison.marker)) {
        if (this.#poison.effect === "cut") client.resetAndDestroy();
        isDeaf = true;
      }
      if (isDeaf || this.#fault === "silent") return;
      if (this.#fault === "garbage") client.write(GARBAGE);
      else server.write(request);
    });
    server.on("data", (answer) => {
      if (this.#fault === "pass") client.write(answer);
    });
  }
}
