#!/usr/bin/env node
import { endWithReader } from "../lib/local/closed-output.ts";
import { onStopSignals } from "../lib/local/stop-signals.ts";
import { run } from "../lib/operator/cli/program.ts";

// The SDK warns each process that it will drop Node 20 one day. That concerns this package's maintainers, not
// operators.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const INTERRUPTED = 130;
const stopping = new AbortController();
const ignoreSignals = onStopSignals(["SIGINT"], {
  first() {
    stopping.abort();
    process.stderr.write("\nStopping after what is in hand; again to end at once.\n");
  },
  again: () => process.exit(INTERRUPTED),
});
const stopListening = endWithReader();

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  stopped: () => stopping.signal.aborted,
  handSignalsOver() {
    ignoreSignals();
    stopListening();
  },
});
