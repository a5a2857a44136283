import { describe, expect, it } from "vitest";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import type { OutboxRow } from "../../../lib/contract/event.ts";
import { forEachWaiting, type ListPorts, listEvents } from "../../../lib/operator/core/events/list-events.ts";
import { itemOf } from "../../aws/fixtures.ts";

function rowOf(id: string, type: string): OutboxRow {
  const decoded = decodeItem(itemOf({ id, type }));
  if (decoded.kind !== "row") throw new Error("no row");
  return decoded.row;
}

/** A table in which orders are this relay's, and parcels are another relay's or nobody's. */
const ports: ListPorts = {
  table: {
    scan: async ({ segment }) =>
      segment?.index === 0
        ? {
            rows: [rowOf("o1", "order.placed")],
            foreign: ["p1", "p2"].map((id) => rowOf(id, "parcel.sent")),
            parkedKeys: [],
          }
        : { rows: [], foreign: [], parkedKeys: [] },
  },
  clock: { now: () => Date.parse("2026-01-02T00:00:00Z"), sleep: async () => undefined },
  keepsOrder: false,
  stopped: () => false,
};

describe("rows of a shared table that are another relay's", () => {
  it("are listed when they are asked for, and no other then", async () => {
    const ids = async (foreign: boolean, type?: string) => {
      const filter = type === undefined ? {} : { type };
      return (await listEvents(ports, { filter, order: "oldest", limit: 10, foreign })).events.map(({ id }) => id);
    };
    expect(await ids(true)).toEqual(["p1", "p2"]);
    expect(await ids(false)).toEqual(["o1"]);
    expect(await ids(true, "parcel.lost")).toEqual([]);
  });

  it("are no acts' to take: whoever selects events is shown this relay's alone", async () => {
    const shown: (string | undefined)[] = [];
    await forEachWaiting(ports, {}, ({ id }) => shown.push(id));
    expect(shown).toEqual(["o1"]);
  });
});
