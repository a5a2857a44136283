import { Token } from "aws-cdk-lib";
import { readHttpFields } from "../shared/synth/http-fields.ts";
import { readTargetSecret } from "../shared/synth/read-network.ts";
import { HttpTarget, type HttpTargetOptions } from "./construct.ts";
import { HTTP_FIELDS, readHttpTarget } from "./settings.ts";

/** The functions' own reader reads them, with the CDK's secrets in place of references to them. */
function readHttpOptions(path: string, value: unknown): HttpTargetOptions {
  readHttpTarget(path, readHttpFields("http", path, value, HTTP_FIELDS, "url"), readTargetSecret, Token.isUnresolved);
  return value as HttpTargetOptions;
}

/** Reads what `OutboxTarget.http` is given, and makes the target. */
export function httpTarget(options: HttpTargetOptions): HttpTarget {
  return new HttpTarget(readHttpOptions("OutboxTarget.http", options));
}
