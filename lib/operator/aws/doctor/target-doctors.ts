import type { AwsTargetKind, TargetKind } from "../../../contract/deployment/target-kind.ts";
import { eventbridgeDoctor } from "../../../targets/eventbridge/doctor.ts";
import { httpDoctor } from "../../../targets/http/doctor.ts";
import { kafkaDoctor } from "../../../targets/kafka/doctor.ts";
import { kinesisDoctor } from "../../../targets/kinesis/doctor.ts";
import { lambdaDoctor } from "../../../targets/lambda/doctor.ts";
import { nakadiDoctor } from "../../../targets/nakadi/doctor.ts";
import { natsDoctor } from "../../../targets/nats/doctor.ts";
import { rabbitmqDoctor } from "../../../targets/rabbitmq/doctor.ts";
import type { AwsTargetDoctor } from "../../../targets/shared/doctor/aws-target.ts";
import type { ReachedTargetDoctor } from "../../../targets/shared/doctor/reached-target.ts";
import { snsDoctor } from "../../../targets/sns/doctor.ts";
import { sqsDoctor } from "../../../targets/sqs/doctor.ts";

export type KindOutsideAws = Exclude<TargetKind, AwsTargetKind>;

export const AWS_TARGETS: Readonly<Record<AwsTargetKind, AwsTargetDoctor>> = {
  eventbridge: eventbridgeDoctor,
  sqs: sqsDoctor,
  sns: snsDoctor,
  kinesis: kinesisDoctor,
  lambda: lambdaDoctor,
};

export const REACHED_TARGETS: Readonly<Record<KindOutsideAws, ReachedTargetDoctor>> = {
  http: httpDoctor,
  nakadi: nakadiDoctor,
  rabbitmq: rabbitmqDoctor,
  nats: natsDoctor,
  kafka: kafkaDoctor,
};

export const isAwsTarget = (kind: unknown): kind is AwsTargetKind => typeof kind === "string" && kind in AWS_TARGETS;

export const isOutsideAws = (kind: unknown): kind is KindOutsideAws =>
  typeof kind === "string" && kind in REACHED_TARGETS;
