import { describe, expect, it } from "vitest";
import { type LogLine, queryLogs } from "../../lib/cloudwatch/logs-insights.ts";

const LINES: readonly LogLine[] = [
  { atMs: 1, message: "START RequestId: 1" },
  { atMs: 2, message: '{"message":"parked","eventId":"a","key":"k1","attempts":3,"nested":{"x":1}}' },
  { atMs: 3, message: '{"message":"again","eventId":"b","key":"k2"}' },
  { atMs: 4, message: '{"message":"parked","eventId":"c","key":"k1"}' },
];
const query = (text: string) => queryLogs(text, (group) => (group === "here" ? LINES : []));

describe("Logs Insights", () => {
  it("shows fields of the lines that pass the filters, the newest first, and no more than asked for", () => {
    expect(
      query(
        `SOURCE 'here' | SOURCE 'nowhere' | fields @timestamp, eventId, attempts\n| filter message = "parked"\n| sort @timestamp desc\n| limit 1`,
      ),
    ).toEqual({ columns: ["@timestamp", "eventId", "attempts"], rows: [["4", "c", ""]] });
  });

  it("joins conditions by or, and lets no line pass that lacks the field", () => {
    const ids = (condition: string) => query(`SOURCE 'here' | fields eventId | filter ${condition}`).rows.flat();
    expect(ids('message = "parked" or message = "again"')).toEqual(["a", "b", "c"]);
    expect(ids('message != "parked"')).toEqual(["b"]);
  });

  it("adds up by a field", () => {
    expect(
      query(
        `SOURCE 'here' | filter message = "parked" or message = "again" | stats count(*) as failures, min(@timestamp) as first, max(@timestamp) as last by key | sort failures desc`,
      ),
    ).toEqual({
      columns: ["key", "failures", "first", "last"],
      rows: [
        ["k1", "2", "2", "4"],
        ["k2", "1", "3", "3"],
      ],
    });
  });

  it("refuses what it does not know", () => {
    expect(() => query("SOURCE 'here' | parse @message '*' as x")).toThrow(
      "The Logs Insights command parse is not known",
    );
    expect(() => query("SOURCE 'here' | filter a like /x/")).toThrow("is not known here yet");
    expect(() => query("SOURCE 'here' | stats avg(x) as y by z")).toThrow("is not known here yet");
  });
});
