import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { readFields, readMatch } from "../../contract/settings/setting-reader.ts";
import { FUNCTION_ARN } from "../shared/arn-shapes.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { lambdaTarget } from "./factory.ts";
import { LAMBDA_CALL_NAMES, type LambdaCallSettings, readLambdaCall } from "./settings.ts";

export interface LambdaSettings extends Partial<LambdaCallSettings> {
  readonly kind: "lambda";
  readonly functionArn: string;
}

export function readLambdaTargetSettings(path: string, value: unknown): LambdaSettings {
  const { kind: _kind, functionArn, ...call } = readFields(path, value, ["kind", "functionArn", ...LAMBDA_CALL_NAMES]);
  const allowed =
    "it must be the ARN of a function or alias, arn:<partition>:lambda:<region>:<account>:function:<name>[:<alias>]";
  const read = readLambdaCall(path, call);
  return {
    kind: "lambda",
    functionArn: readMatch(`${path}.functionArn`, functionArn, FUNCTION_ARN, allowed),
    // Defaults are left out: the functions fill them in.
    ...Object.fromEntries(LAMBDA_CALL_NAMES.flatMap((name) => (call[name] === undefined ? [] : [[name, read[name]]]))),
  };
}

export function lambdaFromSettings(
  scope: Construct,
  { kind: _kind, functionArn, ...call }: LambdaSettings,
): OutboxTarget {
  return lambdaTarget(LambdaFunction.fromFunctionArn(scope, "Function", functionArn), call);
}
