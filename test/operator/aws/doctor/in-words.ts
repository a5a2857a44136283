import type { Check, Checked } from "../../../../lib/operator/aws/doctor/finding.ts";
import type { FindingState } from "../../../../lib/operator/aws/doctor/finding-state.ts";
import type { FindingText } from "../../../../lib/operator/cli/findings/finding-text.ts";
import { findingText } from "../../../../lib/operator/cli/findings/finding-texts.ts";

/** A check whose finding comes in the command line's words. */
export const inWords =
  (check: Check) =>
  async (checked: Checked): Promise<FindingText & { readonly state: FindingState }> => {
    const found = await check(checked);
    return { state: found.state, ...findingText(found) };
  };
