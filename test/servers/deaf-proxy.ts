import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy whose connections can go deaf: requests still arrive, answers never do. Later connections work. */
export interface DeafProxy {
  readonly port: number;
  deafen(): void;
  close(): Promise<void>;
}

export async function startDeafProxy(upstreamPort: number): Promise<DeafProxy> {
  const open = new Set<{ readonly client: Socket; readonly upstream: Socket }>();
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, "127.0.0.1");
    const pair = { client, upstream };
    open.add(pair);
    for (const socket of [client, upstream]) {
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        open.delete(pair);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    deafen() {
      for (const { client, upstream } of open) {
        upstream.unpipe(client);
        upstream.resume();
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const { client } of open) client.destroy();
      await closed;
    },
  };
}
