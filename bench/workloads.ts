import type { Workload } from "./workload.ts";
import { bundleKb } from "./workloads/bundle-kb.ts";
import { catchUp } from "./workloads/catch-up.ts";
import { decode, encode } from "./workloads/codec.ts";
import { coldFirstCall } from "./workloads/cold-first-call.ts";
import { cost } from "./workloads/cost.ts";
import { drain } from "./workloads/drain.ts";
import { memory } from "./workloads/memory.ts";
import { recovery } from "./workloads/recovery.ts";
import { relayOrdered, relayStrict } from "./workloads/relay-ordered.ts";
import { relayVsPowertools, relayVsSequential } from "./workloads/relay-rivals.ts";
import { relayUnordered } from "./workloads/relay-unordered.ts";
import { relayVsLibraries } from "./workloads/relay-vs-libraries.ts";
import { scale } from "./workloads/scale.ts";

/** All workloads, in the order of the page. */
export const WORKLOADS: readonly Workload[] = [
  relayUnordered,
  relayVsSequential,
  relayVsPowertools,
  relayVsLibraries,
  relayOrdered,
  relayStrict,
  decode,
  encode,
  coldFirstCall,
  bundleKb,
  catchUp,
  drain,
  memory,
  recovery,
  scale,
  cost,
];
