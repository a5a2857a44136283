import { listOf } from "../../contract/foreign-value.ts";
import type { Destination } from "../shared/directory.ts";
import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const httpDoctor: ReachedTargetDoctor = {
  addresses: ({ url, alsoTo }) => [url, ...listOf(alsoTo)].map((each) => addressOf(each, "https:", 443)),
  destinations: (deployed) => namedAsTold(deployed["url"], deployed).map(inNormalSpelling),
};

/** As the relay reads its settings. A template may tell the URL in any spelling, and in one that only the deployment knew. */
function inNormalSpelling({ address: told }: Destination): Destination {
  const { href } = new URL(told);
  return { address: href, names: told === href ? [] : [told] };
}
