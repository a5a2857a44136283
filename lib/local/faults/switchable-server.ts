import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";

const LISTEN_AGAIN_FOR_MS = 5_000;
const BETWEEN_TRIES_MS = 100;

/** An HTTP server on 127.0.0.1 that can stop listening and come back on the same port. */
export class SwitchableServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(serve: RequestListener) {
    this.#server = createServer(serve);
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(serve: RequestListener): Promise<SwitchableServer> {
    const server = new SwitchableServer(serve);
    await server.#bind();
    server.#port = (server.#server.address() as AddressInfo).port;
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens again. An outgoing connection may use the port for a moment, so this tries for a while. */
  async listen(): Promise<void> {
    const until = Date.now() + LISTEN_AGAIN_FOR_MS;
    while (!this.#server.listening) {
      try {
        await this.#bind();
      } catch (error) {
        if (Date.now() >= until) {
          throw error;
        }
        await sleep(BETWEEN_TRIES_MS);
      }
    }
  }

  /**
   * Stops listening, and closes every open connection after its answer was sent.
   *
   * @param answered - resolves when the remaining answers have been given.
   */
  async stop(answered: Promise<unknown> = Promise.resolve()): Promise<void> {
    if (!this.#server.listening) {
      return;
    }
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await answered;
    for (const socket of this.#sockets) {
      socket.destroySoon();
    }
    await closed;
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, LOOPBACK, () => {
        this.#server.removeListener("error", reject);
        resolve();
      });
    });
  }
}
