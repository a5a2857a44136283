import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { type Fields, readFields, readList } from "../../contract/settings/setting-reader.ts";
import { ARN_SHAPES } from "../../synth/arns.ts";
import { resourceByArn } from "../../synth/cdk-values.ts";
import { LambdaTarget, type LambdaTargetOptions } from "./construct.ts";
import { LAMBDA_CALL_NAMES, type LambdaCallSettings, readLambdaCall } from "./settings.ts";

const readFunction = resourceByArn<IFunction>(
  { shape: ARN_SHAPES.function, arn: "functionArn" },
  [],
  "it must be a function of the CDK's: a Function, an Alias, or Function.fromFunctionArn(this, id, arn)",
);

function readLambdaOptions(path: string, value: unknown): LambdaTargetOptions {
  const given: Fields<keyof LambdaTargetOptions> = readFields(path, value, ["alsoTo", ...LAMBDA_CALL_NAMES]);
  const { alsoTo, ...call } = given;
  // They are read together, for some of them exclude others.
  readLambdaCall(path, call);
  return {
    ...(call as Partial<LambdaCallSettings>),
    ...(alsoTo === undefined ? {} : { alsoTo: readList(`${path}.alsoTo`, alsoTo, readFunction) }),
  };
}

/** Reads what `OutboxTarget.lambda` is given, and makes the target. */
export function lambdaTarget(target: IFunction, options: LambdaTargetOptions = {}): LambdaTarget {
  const path = "OutboxTarget.lambda";
  return new LambdaTarget(readFunction(`${path}(target)`, target), readLambdaOptions(path, options));
}
