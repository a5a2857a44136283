import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { setVariables } from "../setup/variables.ts";

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An HTTP server on a free port of the loopback interface, closed after the test. Resolves with its address. */
export function httpServer(
  answer: RequestListener,
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<string> {
  return listening(createServer(answer).on("connection", onConnection));
}

/** A bare TCP server, for answers that are not HTTP. */
export const socketServer = (meet: (socket: Socket) => void): Promise<string> => listening(createSocketServer(meet));

/** An address where nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** The variables that the SDK's clients read from a function's environment, for a client that must talk to a loopback server. */
export const awsEnvironment = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
});

/** Has the SDK's clients that are made from here on call this address. */
export const callAwsAt = (endpoint: string): void => setVariables(awsEnvironment(endpoint));
