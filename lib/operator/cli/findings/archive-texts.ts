import type { ArchiveDoubt, ArchiveFault, ArchiveFound } from "../../aws/doctor/archive-findings.ts";
import { counted } from "../counted.ts";
import { clockTime } from "../times.ts";
import type { FindingText, FindingTexts } from "./finding-text.ts";

export const ARCHIVE_TEXTS: FindingTexts<ArchiveFound> = {
  "archive-none": () => ({ what: "there is none: the prop archive makes one" }),
  "archive-right": ({ bucket, oldestMs }) => ({
    what:
      oldestMs === undefined
        ? `the bucket ${bucket} is there, and empty: nothing was met since it was switched on`
        : `the bucket ${bucket} has objects since ${clockTime(oldestMs)}`,
  }),
  "archive-wrong": ({ bucket, faults }) => combined(faults.map((each) => faultText(each, bucket))),
  "archive-unclear": ({ bucket, doubts }) => combined(doubts.map((each) => doubtText(each, bucket))),
};

/** One text of several; each fix is named once. */
function combined(texts: readonly FindingText[]): FindingText {
  const fixes = new Set(texts.flatMap(({ fix }) => fix ?? []));
  return {
    what: texts.map(({ what }) => what).join("; "),
    ...(fixes.size === 0 ? {} : { fix: [...fixes].join("; ") }),
  };
}

function faultText(found: ArchiveFault, bucket: string): FindingText {
  switch (found.kind) {
    case "out-of-reach":
      return { what: found.message };
    case "key-missing":
      return {
        what: `the key ${found.keyId} of the bucket ${bucket} does not exist, so nothing is kept and nothing can be read`,
        fix: "give the bucket another; what was encrypted with this one is lost",
      };
    case "key-out-of-use":
      return {
        what: `the key ${found.keyId} of the bucket ${bucket} is ${found.keyState}, so nothing is kept and nothing can be read`,
        fix: "enable it, or give the bucket another",
      };
    case "short-lived":
      return {
        what: `the bucket ${bucket} keeps objects for ${counted(found.days, "day")}, and an audit of one day needs ${found.neededDays}`,
        fix: "give it a longer lifecycle, or raise archive.retentionDays and deploy",
      };
    case "public":
      return {
        what: `the policy of the bucket ${bucket} lets everybody in`,
        fix: `take that out of it, and ${BLOCK}`,
      };
  }
}

const BLOCK = "block all public access to the bucket (aws s3api put-public-access-block)";

function doubtText(found: ArchiveDoubt, bucket: string): FindingText {
  switch (found.kind) {
    case "unblocked":
      return {
        what: `the bucket ${bucket} does not block all public access; its policy is not public, and grants on objects were not looked at`,
        fix: BLOCK,
      };
    case "refused":
      return { what: found.message };
  }
}
