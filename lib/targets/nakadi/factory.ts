import { Token } from "aws-cdk-lib";
import { readHttpFields } from "../shared/synth/http-fields.ts";
import { readTargetSecret } from "../shared/synth/read-network.ts";
import { NakadiTarget, type NakadiTargetOptions } from "./construct.ts";
import { NAKADI_FIELDS, readNakadiTarget } from "./settings.ts";

/** The functions' own reader reads them, with the CDK's secrets in place of references to them. */
function readNakadiOptions(path: string, value: unknown): NakadiTargetOptions {
  readNakadiTarget(
    path,
    readHttpFields("nakadi", path, value, NAKADI_FIELDS, "url, eventType"),
    readTargetSecret,
    Token.isUnresolved,
  );
  return value as NakadiTargetOptions;
}

/** Reads what `OutboxTarget.nakadi` is given, and makes the target. */
export function nakadiTarget(options: NakadiTargetOptions): NakadiTarget {
  return new NakadiTarget(readNakadiOptions("OutboxTarget.nakadi", options));
}
