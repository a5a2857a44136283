import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { CallTimeout } from "../../contract/settings/call-timeout.ts";
import { grantPublishTo } from "../../synth/grants.ts";
import { placedIn } from "../shared/synth/aws-destinations.ts";
import type { DeployedTarget } from "../shared/synth/outbox-target.ts";
import { LAMBDA_CALL_NAMES, type LambdaCallSettings, readLambdaCall } from "./settings.ts";

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
  readonly callTimeout: CallTimeout;
  readonly #functions: readonly IFunction[];
  readonly #call: Partial<LambdaCallSettings>;

  /** @throws SettingError for invalid options, or options that exclude each other. */
  constructor(target: IFunction, { alsoTo = [], ...call }: LambdaTargetOptions) {
    const { timeoutSeconds } = readLambdaCall("OutboxTarget.lambda", call);
    this.callTimeout = { setting: "timeoutSeconds", value: timeoutSeconds };
    this.#functions = [target, ...alsoTo];
    this.#call = Object.fromEntries(
      LAMBDA_CALL_NAMES.flatMap((name) => (call[name] === undefined ? [] : [[name, call[name]]])),
    );
  }

  /** @throws SettingError for a function of another region. */
  deployedIn(scope: Construct): DeployedTarget {
    const functions = placedIn(
      scope,
      this.#functions.map((resource) => {
        const { functionArn: arn } = resource;
        // An imported alias has only its ARN.
        return { resource, arn, name: arn, address: arn };
      }),
    );
    const resourceArns = functions.map(({ arn }) => arn);
    const [functionArn = "", ...alsoTo] = resourceArns;
    return {
      targetName: functionArn,
      environment: { kind: this.kind, functionArn, ...(alsoTo.length === 0 ? {} : { alsoTo }), ...this.#call },
      resourceArns,
      grantPublish: (grantee) => grantPublishTo(grantee, this.kind, resourceArns),
    };
  }
}
