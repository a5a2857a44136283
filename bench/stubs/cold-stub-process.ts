import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A stub of AWS over TLS, for a function's first calls: it answers at once and reports each operation. */
const [certificateFile = "", keyFile = ""] = process.argv.slice(2);
const ANSWER = '{"FailedEntryCount":0,"Entries":[{"EventId":"11710aed-b79e-4468-a20b-bb3c0c3b4860"}]}';
const server = createServer(
  { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
  (request, response) => {
    request.resume();
    request.on("end", () => {
      const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
      response.end(operation === "PutEvents" ? ANSWER : "{}", () => process.send?.({ operation }));
    });
  },
);
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
