import type { Workload } from "./workload.ts";
import { relayUnordered } from "./workloads/relay-unordered.ts";

/** All workloads, in the order of the page. */
export const WORKLOADS: readonly Workload[] = [relayUnordered];
