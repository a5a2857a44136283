import { shownField } from "../../contract/shown-value.ts";
import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const kafkaDoctor: ReachedTargetDoctor = {
  addresses: ({ brokers, tls }) =>
    shownField(brokers)
      .split(",")
      .map((broker) => ({ ...addressOf(`kafka://${broker}`, "", 9092), tls: tls !== false })),
  destinations: (deployed) => namedAsTold(deployed["topic"], deployed),
};
