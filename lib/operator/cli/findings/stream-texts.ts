import { LIVE_ALIAS } from "../../../contract/deployment/live-alias.ts";
import type { MappingDrift, MappingSetting, StreamFound } from "../../aws/doctor/deployment-findings.ts";
import { DEPLOY } from "../texts/fault-texts.ts";
import type { FindingTexts } from "./finding-text.ts";

export const STREAM_TEXTS: FindingTexts<StreamFound> = {
  "keys-right": () => ({ what: "pk is a text and sk a number" }),
  "stream-read": ({ viewType }) => ({ what: `view type ${viewType}, and the mapping reads it` }),
  "time-to-live-off": () => ({ what: "off" }),
  "mapping-on": ({ lastResult }) => ({
    what: `it is on${lastResult === undefined ? "" : `, last result ${lastResult}`}`,
  }),
  "mapping-off": ({ awsState }) => ({
    what: `it is ${awsState}: new events wait for the sweep`,
    fix: "outbox-relay resume relay --yes",
  }),
  "mapping-trouble": ({ lastResult }) => ({
    what: `it is on, and its last result was ${lastResult}`,
    fix: "repair what it names: the role's permissions, or the stream",
  }),
  "position-near": ({ minutes }) => ({
    what: `the relay was ${minutes} minutes behind at most in the last 15 minutes`,
  }),
  "position-far": ({ minutes }) => ({
    what: `the relay is ${minutes} minutes behind; the stream drops records after 24 hours`,
    fix: "outbox-relay status tells why",
  }),
  "position-untold": () => ({
    what: "no batch came in the last 15 minutes, and only a batch tells",
    fix: "outbox-relay put brings one",
  }),
  "mapping-as-deployed": () => ({ what: "as deployed" }),
  "mapping-drifted": ({ drifts }) => ({ what: drifts.map(driftText).join("; "), fix: DEPLOY }),
};

/** What comes of a setting that is not as it was deployed. */
const CONSEQUENCES: Readonly<Record<MappingSetting, string>> = {
  StartingPosition: "events written while it is made or changed are missed",
  FunctionResponseTypes: "a batch that was cut short counts as done",
  ParallelizationFactor: "the relay's limits hold for each of several at once",
  MaximumBatchingWindowInSeconds: "events wait for a fuller batch",
  BisectBatchOnFunctionError: "a record that kills the relay takes its batch along",
  MaximumRetryAttempts: "a record that kills the relay holds its shard up",
  MaximumRecordAgeInSeconds: "records are given up early",
};

function driftText(drift: MappingDrift): string {
  switch (drift.kind) {
    case "setting":
      return `${drift.name} is ${JSON.stringify(drift.value)}, so ${CONSEQUENCES[drift.name]}`;
    case "filter":
      return `its filter is ${JSON.stringify(drift.patterns)}, so it brings other rows than the relay's new ones`;
    case "invokes":
      return `it invokes ${drift.arn}, not the relay's alias ${LIVE_ALIAS}, so code and settings change one after the other`;
    case "no-destination":
      return "it has no destination for what it gives up";
  }
}
