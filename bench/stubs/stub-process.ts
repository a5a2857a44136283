import type { AddressInfo } from "node:net";
import { stubServer } from "./stub-server.ts";

/** Runs the stub in its own process, on its own core. It reports its port, and ends with its parent. */
const server = stubServer();
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
