import type { AnyFound, CheckName, ClockFound, Finding, Found } from "../../aws/doctor/finding.ts";
import { faultText } from "../texts/fault-texts.ts";
import { ARCHIVE_TEXTS } from "./archive-texts.ts";
import type { FindingText, FindingTexts } from "./finding-text.ts";
import { FUNCTION_TEXTS } from "./function-texts.ts";
import { PERMISSION_TEXTS } from "./permission-texts.ts";
import { STREAM_TEXTS } from "./stream-texts.ts";
import { TARGET_TEXTS } from "./target-texts.ts";
import { TOPIC_TEXTS } from "./topic-texts.ts";

const CHECK_TITLES: Readonly<Record<CheckName, string>> = {
  clock: "clock",
  "table-keys": "table's keys",
  "relay-start": "relay",
  "requeuer-start": "requeuer",
  mapping: "event source mapping",
  "mapping-position": "mapping's position",
  "mapping-settings": "mapping's settings",
  stream: "stream",
  "time-to-live": "time to live",
  schedule: "requeuer's schedule",
  settings: "settings",
  aliases: "aliases",
  throttle: "reserved concurrency",
  "dead-letter-queue": "dead-letter queue",
  journal: "journal",
  archive: "archive",
  topics: "alarms' topics",
  target: "target",
  "bus-key": "bus's key",
  network: "network",
  permissions: "permissions",
};

const ANY_TEXTS: FindingTexts<AnyFound> = {
  fault: ({ fault }) => faultText(fault),
  "told-elsewhere": ({ fault, at }) => ({ what: `${faultText(fault).what}: see ${CHECK_TITLES[at]}` }),
  refused: ({ message }) => ({ what: message }),
  "check-failed": ({ errorName }) => ({
    what: `this check failed by a fault of this command (${errorName})`,
    fix: "report it with the command's version (outbox-relay --version); the other checks stand",
  }),
};

const CLOCK_TEXTS: FindingTexts<ClockFound> = {
  "clock-agrees": () => ({ what: "this machine's clock agrees with AWS" }),
  "clock-off": ({ offMs }) => ({
    what: `this machine's clock is off by ${Math.round(offMs / 1_000)} s; the command works by AWS's time`,
    fix: "set the clock: AWS refuses requests that are 5 minutes off",
  }),
};

const TEXTS: FindingTexts<Found> = {
  ...ANY_TEXTS,
  ...CLOCK_TEXTS,
  ...STREAM_TEXTS,
  ...FUNCTION_TEXTS,
  ...ARCHIVE_TEXTS,
  ...TOPIC_TEXTS,
  ...TARGET_TEXTS,
  ...PERMISSION_TEXTS,
};

/** A finding in words. */
export function findingText(found: Found): FindingText {
  // The compiler holds each text to the facts of its code; it cannot follow that the two belong together here.
  const text = TEXTS[found.code] as (found: Found) => FindingText;
  return text(found);
}

/** A finding as `--json` has it. */
export const findingDocument = (finding: Finding) => ({
  check: CHECK_TITLES[finding.check],
  state: finding.state,
  ...findingText(finding),
});
