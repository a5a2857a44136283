import { fileURLToPath } from "node:url";
import type { MavenServer } from "../../java/maven.ts";

/** AWS's own DynamoDB engine for local use. */
export const DYNAMODB_LOCAL: MavenServer = {
  title: "AWS's own DynamoDB Local",
  version: "2.6.1",
  folder: "dynamodb-local",
  pom: fileURLToPath(new URL("pom.xml", import.meta.url)),
  megabytes: 51,
};
