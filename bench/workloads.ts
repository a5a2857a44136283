import type { Workload } from "./workload.ts";
import { decode, encode } from "./workloads/codec.ts";
import { relayOrdered, relayStrict } from "./workloads/relay-ordered.ts";
import { relayVsPowertools, relayVsSequential } from "./workloads/relay-rivals.ts";
import { relayUnordered } from "./workloads/relay-unordered.ts";
import { relayVsLibraries } from "./workloads/relay-vs-libraries.ts";

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
];
