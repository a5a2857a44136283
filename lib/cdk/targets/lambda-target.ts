import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { CallTimeout } from "../../core/call-timeout.ts";
import { LAMBDA_CALL_NAMES, type LambdaCallSettings, readLambdaCall } from "../../core/targets/lambda-settings.ts";
import { grantPublishTo } from "../grants.ts";
import type { TargetEnvironment } from "./outbox-target.ts";

export interface LambdaTargetOptions extends Partial<LambdaCallSettings> {
  /**
   * Further functions or aliases that rows may name as their `destination`, `name` or `name:alias`.
   *
   * @default none: a row that names another function is parked
   */
  readonly alsoTo?: readonly IFunction[];
}

export class LambdaTarget {
  readonly kind = "lambda";
  readonly targetName: string;
  readonly environment: TargetEnvironment;
  readonly resourceArns: readonly string[];
  readonly callTimeout: CallTimeout;

  /** @throws SettingError for options that are not allowed, or not together. */
  constructor(target: IFunction, { alsoTo = [], ...call }: LambdaTargetOptions) {
    const { timeoutSeconds } = readLambdaCall("target", call);
    this.callTimeout = { setting: "timeoutSeconds", value: timeoutSeconds };
    // An imported alias knows itself by its ARN alone.
    this.targetName = target.functionArn;
    this.resourceArns = [target, ...alsoTo].map(({ functionArn }) => functionArn);
    const [functionArn, ...others] = this.resourceArns;
    this.environment = {
      kind: this.kind,
      functionArn,
      ...(others.length === 0 ? {} : { alsoTo: others }),
      ...Object.fromEntries(
        LAMBDA_CALL_NAMES.flatMap((name) => (call[name] === undefined ? [] : [[name, call[name]]])),
      ),
    };
  }

  grantPublish(grantee: IGrantable): void {
    grantPublishTo(grantee, this.kind, this.resourceArns);
  }
}
