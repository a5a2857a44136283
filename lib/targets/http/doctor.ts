import { addressOf, namedAsTold, type ReachedTargetDoctor } from "../shared/doctor/reached-target.ts";

export const httpDoctor: ReachedTargetDoctor = {
  addresses: ({ url, alsoTo = [] }) =>
    [url, ...(alsoTo as readonly string[])].map((each) => addressOf(each, "https:", 443)),
  destinations: (deployed) => namedAsTold(deployed["url"], deployed),
};
