import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { functionsOf } from "../shared/directory.ts";
import { type AwsTargetDoctor, toldIn } from "../shared/doctor/aws-target.ts";

/** `arn:aws:lambda:region:account:function:name`; a version or an alias may follow. */
const PARTS_OF_FUNCTION_ARN = 7;

export const lambdaDoctor: AwsTargetDoctor = {
  destinations: (deployed) => functionsOf(toldIn(deployed, "functionArn")),
  async describe({ lambda }, arn) {
    const { State: state } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }));
    if (state === "Failed") return { arn, trouble: { kind: "state", awsState: state } };
    // A reservation is the function's, whatever version or alias is called.
    const functionName = arn.split(":").slice(0, PARTS_OF_FUNCTION_ARN).join(":");
    const { ReservedConcurrentExecutions: reserved } = await lambda.send(
      new GetFunctionConcurrencyCommand({ FunctionName: functionName }),
    );
    return reserved === 0 ? { arn, trouble: { kind: "never-run", functionName } } : { arn };
  },
};
