import type { ITopic } from "aws-cdk-lib/aws-sns";
import { readSnsMessageBytes } from "../../contract/settings/sizes.ts";
import { readTopic } from "../../synth/cdk-values.ts";
import { listOf, optionsOf } from "../shared/synth/read-options.ts";
import { SnsTarget, type SnsTargetOptions } from "./construct.ts";

const readSnsOptions = optionsOf<SnsTargetOptions>({
  alsoTo: listOf(readTopic),
  maxMessageBytes: readSnsMessageBytes,
});

/** Reads what `OutboxTarget.sns` is given, and makes the target. */
export function snsTarget(topic: ITopic, options: SnsTargetOptions = {}): SnsTarget {
  const path = "OutboxTarget.sns";
  return new SnsTarget(readTopic(`${path}(topic)`, topic), readSnsOptions(path, options));
}
