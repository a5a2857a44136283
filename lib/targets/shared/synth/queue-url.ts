import { Token } from "aws-cdk-lib";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { refuse } from "../../../contract/settings/setting-reader.ts";
import { ARN_SHAPES, readArn } from "../../../synth/arns.ts";

/** A region in a host name, such as sqs.eu-west-1.amazonaws.com. */
const REGION_IN_HOST = /(?:^|\.)([a-z]{2,}(?:-[a-z]+)+-\d)\./;

/**
 * Refuses a queue whose URL names another queue than its ARN, as `Queue.fromQueueAttributes` may import one. Each part
 * of the URL that is known now is checked: `https://sqs.<region>.<suffix>/<account>/<name>`.
 *
 * @throws SettingError naming the URL, and the ARN.
 */
export function requireQueueUrlOf(path: string, { queueArn, queueUrl }: IQueue): void {
  const parts = readArn(path, queueArn, ARN_SHAPES.queue);
  if (parts === undefined || /^\$\{Token\[[^\]]*\]\}$/.test(queueUrl)) return;
  const [, host = "", account = "", name = "", ...more] =
    /^https?:\/\/([^/]+)\/([^/]+)\/([^/]+)(\/.*)?$/.exec(queueUrl) ?? [];
  const region = REGION_IN_HOST.exec(host)?.[1] ?? parts.region;
  const differ = (one: string, other: string | undefined): boolean =>
    other !== undefined && !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
  if (
    more.some((text) => text !== undefined) ||
    name === "" ||
    differ(account, parts.account) ||
    differ(name, parts.name) ||
    differ(region, parts.region)
  ) {
    refuse(path, queueUrl, `it is not the URL of the queue ${queueArn}; leave it out, for it follows from the ARN`);
  }
}
