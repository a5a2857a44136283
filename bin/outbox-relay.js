#!/usr/bin/env node
import { existsSync } from "node:fs";

// The package has the command built into one file. A clone has its sources, and runs them as they are: nothing to build, and
// nothing that is older than the sources.
const sources = new URL("./outbox-relay.ts", import.meta.url);
if (existsSync(sources)) {
  const { register } = await import("tsx/esm/api");
  register();
  await import(sources.href);
} else {
  await import("../dist/bin/outbox-relay.js");
}
