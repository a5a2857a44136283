import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import type {
  AliasFound,
  AliasTrouble,
  FunctionFound,
  LiveAlias,
  QueueFound,
} from "../../aws/doctor/deployment-findings.ts";
import { DEPLOY } from "../texts/fault-texts.ts";
import type { FindingTexts } from "./finding-text.ts";

export const FUNCTION_TEXTS: FindingTexts<FunctionFound | AliasFound | QueueFound> = {
  starts: () => ({ what: "it starts and answers" }),
  "start-fails": ({ reason }) => ({ what: `it fails: ${reason}`, fix: DEPLOY }),
  "schedule-on": ({ expression }) => ({ what: `it is on, ${expression}` }),
  "schedule-off": ({ awsState }) => ({
    what: `it is ${awsState}: nothing parked is tried again`,
    fix: "outbox-relay resume requeuer --yes",
  }),
  "schedule-elsewhere": ({ arn }) => ({
    what: `it invokes ${arn}, which is not the requeuer's alias ${LIVE_ALIAS}`,
    fix: DEPLOY,
  }),
  "functions-alike": () => ({ what: "relay and requeuer run with the same settings" }),
  "functions-differ": ({ variables }) => ({
    what: `relay and requeuer differ in ${variables.join(", ")}`,
    fix: DEPLOY,
  }),
  "other-table": ({ used, deployed }) => ({
    what: `the functions use the table ${used}, the stack has ${deployed}`,
    fix: DEPLOY,
  }),
  "settings-unknown": ({ names }) => ({
    what: `relay and requeuer have settings that this version does not know: ${names.join(", ")}`,
    fix: "use the version of this command that the relay was deployed with",
  }),
  "not-throttled": () => ({ what: "neither function is throttled" }),
  throttled: ({ functions }) => ({
    what: `the reserved concurrency of ${functions.map(({ part, name }) => `the ${part} ${name}`).join(" and ")} is 0, so Lambda never runs it`,
    fix: `outbox-relay resume ${functions.length > 1 ? "both" : functions[0]?.part} --yes`,
  }),
  "journal-read": () => ({ what: "it is there, and can be read" }),
  "queue-right": () => ({ what: "it is there, and its policy asks for TLS" }),
  "queue-redrives": () => ({
    what: "it moves messages to another queue, out of the requeuer's sight",
    fix: DEPLOY,
  }),
  "queue-small": ({ bytes }) => ({
    what: `it takes messages up to ${bytes} bytes, so a larger event's dead letter is refused`,
    fix: DEPLOY,
  }),
  "queue-without-tls": () => ({ what: "its policy does not refuse requests without TLS", fix: DEPLOY }),
  "aliases-right": ({ aliases }) => ({ what: aliasesText(aliases) }),
  "aliases-moved": ({ aliases }) => ({
    what: aliases
      .map(
        ({ functionName, version, trouble }) =>
          `the alias ${LIVE_ALIAS} of ${functionName} was changed by hand: ${aliasTroubleText(version, trouble)}`,
      )
      .join("; "),
    fix: `${DEPLOY}, or ${aliases.map(({ functionName }) => `\`${updateAlias(functionName)}\``).join(" and ")}`,
  }),
  "aliases-local": ({ aliases }) => ({
    what: `${aliasesText(aliases)}, on a local emulator, whose tools move it`,
    fix: "a deployment to AWS has versions",
  }),
};

const aliasesText = (aliases: readonly LiveAlias[]): string =>
  aliases.map(({ functionName, version }) => `${LIVE_ALIAS} of ${functionName} names ${version}`).join("; ");

const updateAlias = (functionName: string): string =>
  `aws lambda update-alias --function-name ${functionName} --name ${LIVE_ALIAS} --function-version <version> --routing-config AdditionalVersionWeights={}`;

function aliasTroubleText(version: string, trouble: AliasTrouble): string {
  switch (trouble.kind) {
    case "shares": {
      const others = trouble.others.map((other) => `${other.weight * 100} % to ${other.version}`);
      return `it sends ${others.join(", ")} beside ${version}`;
    }
    case "latest":
      return `it names ${version}, so code and settings change one after the other`;
    case "differs":
      return `it names ${version}, whose ${trouble.fields.join(", ")} is not the function's`;
  }
}
