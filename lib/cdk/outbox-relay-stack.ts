import { Stack, type StackProps } from "aws-cdk-lib";
import { type ITableV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { keyFromSetting } from "../synth/key-setting.ts";
import type { ArchiveOptions } from "./archive/archive-setting.ts";
import { OutboxRelay } from "./outbox-relay.ts";
import type { AppSettings, ExistingTableSettings } from "./settings.ts";
import { targetFromSettings } from "./targets/context-settings.ts";

export interface OutboxRelayStackProps extends StackProps {
  readonly settings: AppSettings;
  /**
   * The folder of the functions' bundles.
   *
   * @default the bundles that belong to this package
   */
  readonly bundlesFolder?: string;
}

/** A stack with one relay, a target if none is given, and outputs that name the resources. */
export class OutboxRelayStack extends Stack {
  readonly outboxRelay: OutboxRelay;

  constructor(scope: Construct, id: string, { settings, bundlesFolder, ...props }: OutboxRelayStackProps) {
    super(scope, id, { description: "Delivers events from a DynamoDB outbox table", ...props });
    const { delivery, ...others } = settings.relay;
    const target = targetFromSettings(this, settings.target, settings.relay.removalPolicy);
    this.outboxRelay = new OutboxRelay(this, "Relay", {
      ...delivery,
      ...others,
      target,
      table: existingTable(this, settings.table),
      counterTable: settings.counterTable,
      archive: archiveOptions(this, settings.archive),
      audit: settings.audit,
      alarmTopic: existingTopic(this, "AlarmTopic", settings.alarmTopicArn),
      pageTopic: existingTopic(this, "PageTopic", settings.pageTopicArn),
      relayName: this.stackName,
      bundlesFolder,
    });
    this.outboxRelay.addOutputs();
  }
}

const existingTopic = (scope: Construct, id: string, arn: string | undefined): ITopic | undefined =>
  arn === undefined ? undefined : Topic.fromTopicArn(scope, id, arn);

function archiveOptions(scope: Construct, settings: AppSettings["archive"]): ArchiveOptions | undefined {
  if (settings === undefined) return undefined;
  const { payload } = settings;
  if (settings.kind === "made") return { payload, retentionDays: settings.retentionDays };
  const { name: bucketName, keyArn } = settings.bucket;
  const bucket = Bucket.fromBucketAttributes(scope, "Archive", { bucketName, ...keyFromSetting(scope, keyArn) });
  return { payload, bucket };
}

function existingTable(scope: Construct, settings: ExistingTableSettings | undefined): ITableV2 | undefined {
  if (settings === undefined) return undefined;
  const { arn: tableArn, streamArn: tableStreamArn, keyArn } = settings;
  return TableV2.fromTableAttributes(scope, "Table", { tableArn, tableStreamArn, ...keyFromSetting(scope, keyArn) });
}
