import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { busesOf } from "../shared/directory.ts";
import { type AwsTargetDoctor, toldIn } from "../shared/doctor/aws-target.ts";

export const eventbridgeDoctor: AwsTargetDoctor = {
  destinations: (deployed) => busesOf(toldIn(deployed, "busName"), deployed["home"] as string | undefined),
  async describe({ eventbridge }, name) {
    const { Arn: arn = "" } = await eventbridge.send(new DescribeEventBusCommand({ Name: name }));
    return { arn };
  },
};
