import { expect, it } from "vitest";
import { TARGET_KINDS } from "../../../../lib/contract/deployment/target-kind.ts";
import { duplicateWindowOf } from "../../../../lib/operator/core/replay/duplicate-windows.ts";

it("FIFO queues and topics know an event again for five minutes, JetStream for as long as its stream says, and others never", () => {
  expect(duplicateWindowOf("sqs", "https://sqs/1/a.fifo")).toEqual({ kind: "minutes", minutes: 5, of: "SQS FIFO" });
  expect(duplicateWindowOf("sns", "arn:aws:sns:r:1:a.fifo")).toEqual({ kind: "minutes", minutes: 5, of: "SNS FIFO" });
  expect(duplicateWindowOf("nats", "a")).toEqual({ kind: "of-stream", defaultMinutes: 2 });
  for (const kind of TARGET_KINDS.filter((each) => each !== "nats")) {
    expect(duplicateWindowOf(kind, "a")).toEqual({ kind: "none" });
  }
});
