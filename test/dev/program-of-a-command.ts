import { join } from "node:path";
import { runCommand } from "../../lib/local/child-process.ts";

/** A program that waits for a long-running command, such as a deployment, which starts another one. */
const [folder = ""] = process.argv.slice(2);
await runCommand({
  command: "/bin/sh",
  args: ["-c", "echo $$ > command; sh -c 'echo $$ > helper; sleep 60; true'; true"],
  environment: { PATH: process.env["PATH"] ?? "" },
  folder,
  logFile: join(folder, "log"),
  signal: new AbortController().signal,
  timeoutMs: 60_000,
});
