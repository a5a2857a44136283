import type { AddressInfo } from "node:net";
import { stubServer } from "./stub-server.ts";

/** The stub in a process of its own, on a core of its own. It tells its port, and ends with its parent. */
const server = stubServer();
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
