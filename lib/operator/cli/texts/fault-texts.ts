import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import type { DeployedResource, DeploymentFault, StreamMappingSetting } from "../../core/deployment-fault.ts";

/** What is wrong, and what to do about it: a command, or where to look. */
export interface Advice {
  readonly what: string;
  readonly fix: string;
}

/**
 * A plain deploy compares templates, so it leaves alone what was changed or deleted by hand. A drift-aware one does not:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
 */
export const DEPLOY = "have the stack as its template says, by `npx cdk deploy --revert-drift`";

/** `what` begins in lower case, so that it can go on a sentence. */
export function faultText(fault: DeploymentFault): Advice {
  switch (fault.kind) {
    case "gone":
      return { what: `${resourceText(fault.resource)} is gone`, fix: DEPLOY };
    case "functions-gone":
      return {
        what: `the functions ${fault.names.relay} and ${fault.names.requeuer} are gone, and with them the relay's settings; events wait in the table ${fault.tableName}`,
        fix: DEPLOY,
      };
    case "function-changed":
      return { what: `a function is not as it was deployed: ${fault.reason}`, fix: DEPLOY };
    case "mapping-gone":
      return {
        what: `the event source mapping of ${fault.functionName} is gone: new events wait for the sweep`,
        fix: remakeText(fault.remake),
      };
    case "several-mappings":
      return {
        what: `the function ${fault.functionName} has ${fault.uuids.length} event source mappings of a DynamoDB stream, and should have one`,
        fix: deleteText(fault),
      };
    case "mapping-stale":
      return {
        what: "the event source mapping reads a stream that is not the table's latest, so new events wait for the sweep",
        fix: remakeText(fault.remake),
      };
    case "keys-wrong":
      return {
        what: `the table ${fault.tableName} is not an outbox: ${fault.reason}`,
        fix: "no key can be changed: deploy the relay with another table",
      };
    case "stream-off":
      return {
        what: `the table ${fault.tableName} has no stream that is on, so the relay hears of nothing`,
        fix: `\`${switchStreamOn(fault.tableName)}\`, ${THEN_DOCTOR}`,
      };
    case "stream-view-wrong":
      return {
        what: `the relay sees no events of the table ${fault.tableName}: ${fault.reason}`,
        fix: `\`aws dynamodb update-table --table-name ${fault.tableName} --stream-specification StreamEnabled=false\`, \`${switchStreamOn(fault.tableName)}\`, ${THEN_DOCTOR}`,
      };
    case "time-to-live-on":
      return {
        what: `the table ${fault.tableName} loses events: ${fault.reason}`,
        fix: fault.isEnding
          ? "it is being switched off: look again, up to an hour from now"
          : `aws dynamodb update-time-to-live --table-name ${fault.tableName} --time-to-live-specification Enabled=false,AttributeName=${fault.attribute}`,
      };
  }
}

/** A fault as the beginning of a line. */
export function faultLine(fault: DeploymentFault): Advice {
  const { what, fix } = faultText(fault);
  return { what: `${what.slice(0, 1).toUpperCase()}${what.slice(1)}`, fix };
}

/** A fault that ends a command, or a part of its work. */
export function faultMessage(fault: DeploymentFault): string {
  const { what, fix } = faultLine(fault);
  return `${what}. Do: ${fix}`;
}

function resourceText({ kind, name }: DeployedResource): string {
  switch (kind) {
    case "function":
      return `the function ${name}`;
    case "live-function":
      return `the function ${name}, or its alias ${LIVE_ALIAS},`;
    case "schedule":
      return `the schedule ${name}`;
    case "outbox-table":
      return `the outbox table ${name}`;
    case "dead-letter-queue":
      return `the dead-letter queue ${name}`;
    case "journal":
      return `the journal ${name}`;
  }
}

const remakeText = (setting: StreamMappingSetting): string =>
  `give the setting streamMapping the value ${JSON.stringify(setting)}, in cdk.json beside the others or as a prop of OutboxRelay, keep it there, and \`npx cdk deploy\``;

function deleteText({ uuids, stale }: Extract<DeploymentFault, { readonly kind: "several-mappings" }>): string {
  if (stale === undefined) {
    return `delete those that the stack did not make, by \`aws lambda delete-event-source-mapping --uuid\`: ${uuids.join(", ")}`;
  }
  const deletes = stale.map((uuid) => `\`aws lambda delete-event-source-mapping --uuid ${uuid}\``);
  return `delete what reads a stream of before: ${deletes.join(", ")}`;
}

const switchStreamOn = (tableName: string): string =>
  `aws dynamodb update-table --table-name ${tableName} --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE`;

const THEN_DOCTOR = "then outbox-relay doctor, which prints how the mapping comes to read the new stream";
