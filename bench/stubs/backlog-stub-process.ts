import type { AddressInfo } from "node:net";
import { type BacklogOptions, backlogStub } from "./backlog-stub.ts";

/** Runs the backlog's stub in its own process. It reports its port, and ends with its parent. */
const server = backlogStub(JSON.parse(process.argv[2] ?? "{}") as BacklogOptions);
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
