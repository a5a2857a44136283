import { listOf } from "../../contract/foreign-value.ts";
import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const natsDoctor: ReachedTargetDoctor = {
  // Its TLS begins after the server's first words, so no certificate is seen.
  addresses: ({ servers }) => listOf(servers).map((server) => ({ ...addressOf(server, "", 4222), tls: false })),
  destinations: (deployed) => namedAsTold(deployed["subject"], deployed),
};
