import { describe, expect, it } from "vitest";
import type { Check, Delete, FailedDelete, Kill, Landing } from "./journal.ts";
import { type Evidence, judge, type Written } from "./verdict.ts";

const landing = (atMs: number, change: Partial<Landing> = {}): Landing => ({
  ...{ by: "relay", begunMs: atMs - 5, atMs, told: true, sightMs: undefined },
  ...change,
});
const deleted = (atMs: number, change: Partial<Delete> = {}): Delete => ({
  ...{ by: "relay", atMs, taken: true, told: true },
  ...change,
});
const check = (begunMs: number, exists: boolean): Check => ({ by: "relay", begunMs, endedMs: begunMs + 10, exists });
const kill = (of: Kill["of"], atMs: number): Kill => ({ of, fromMs: atMs, toMs: atMs });

const event = (id: string, place?: Written["place"]): [string, Written] => [
  id,
  { id, atMs: 0, ...(place === undefined ? {} : { place }) },
];
const received = (...ids: readonly string[]) => ids.map((id) => ({ id, of: id }));

const judged = (evidence: Partial<Evidence>) =>
  judge({
    ...{ written: new Map([event("e")]), received: received("e"), stories: new Map() },
    ...{ kills: [], checks: [], failedDeletes: [], absences: [] },
    ...evidence,
  });

/** The verdict on an event that was received twice. */
const twice = (landings: readonly Landing[], deletes: readonly Delete[], evidence: Partial<Evidence> = {}) =>
  judged({ received: received("e", "e"), stories: new Map([["e", { landings, deletes }]]), ...evidence });

const CAUSELESS = [expect.stringMatching(/^DUPLICATE: e was received 2 times, and 0 of the copies have a cause/)];

describe("the soak's verdict", () => {
  it("finds nothing where each event was received once and in order", () => {
    const written = new Map([event("k/1", { key: "k", sequence: 1 }), event("k/2", { key: "k", sequence: 2 })]);
    expect(judged({ written, received: received("k/1", "k/2") })).toEqual({ violations: [], duplicates: new Map() });
  });

  it("tells what was lost, what nobody wrote, and what has other data", () => {
    const { violations } = judged({ received: [...received("f"), { id: "e", of: "g" }] });
    expect(violations).toEqual([expect.stringMatching(/^FOREIGN: f/), expect.stringMatching(/^GARBLED: e/)]);
    expect(judged({ received: [] }).violations).toEqual([expect.stringMatching(/^LOST: e/)]);
  });

  it("asks for first arrivals in the order of commits, and lets earlier events come again", () => {
    const written = new Map([1, 2, 3].map((sequence) => event(`k/${sequence}`, { key: "k", sequence })));
    expect(judged({ written, received: received("k/1", "k/3", "k/2") }).violations).toEqual([
      expect.stringMatching(/^ORDER: k\/3 was received before k\/2/),
    ]);
    const again = judged({
      ...{ written, received: received("k/1", "k/2", "k/1", "k/3") },
      stories: new Map([["k/1", { landings: [landing(1, { told: false }), landing(2)], deletes: [] }]]),
    });
    expect(again.violations).toEqual([]);
  });
});

describe("a copy has a cause", () => {
  it("where its sender did not hear that the bus took the one before, once for each answer lost", () => {
    const lost = [landing(100, { told: false }), landing(200)];
    expect(twice(lost, [])).toEqual({ violations: [], duplicates: new Map([["answer lost", 1]]) });
    const third = judged({
      received: received("e", "e", "e"),
      stories: new Map([["e", { landings: [...lost, landing(300)], deletes: [] }]]),
    });
    expect(third.violations).toEqual([expect.stringMatching(/received 3 times, and 1 of the copies/)]);
  });

  it("where its sender was killed in between, and not where somebody else was, or at another time", () => {
    const landings = [landing(100), landing(200)];
    expect(twice(landings, [], { kills: [kill("relay", 150)] }).violations).toEqual([]);
    expect(
      twice(landings, [], { kills: [kill("requeuer", 150), kill("relay", 50), kill("relay", 250)] }).violations,
    ).toEqual(CAUSELESS);
  });

  it("where its sender was killed before its delete reached the table, and not where that was later", () => {
    const landings = [landing(100), landing(200, { sightMs: 190 })];
    const kills = [kill("relay", 150)];
    expect(twice(landings, [deleted(160)], { kills }).violations).toEqual([]);
    expect(twice(landings, [deleted(140)], { kills }).violations).toEqual(CAUSELESS);
  });

  it("where a relay was killed after its delete, and brought its records again without looking", () => {
    const kills = [kill("relay", 150)];
    expect(twice([landing(100), landing(200)], [deleted(120)], { kills }).duplicates).toEqual(
      new Map([["process killed", 1]]),
    );
  });

  it("where the delete did not reach the table", () => {
    const landings = [landing(100), landing(200, { by: "requeuer", sightMs: 190 })];
    expect(twice(landings, [deleted(120, { taken: false, told: false })]).violations).toEqual([]);
    expect(twice(landings, []).violations).toEqual(CAUSELESS);
  });

  it("where another delete of its sender failed, for which this one waited until its time was over", () => {
    const landings = [landing(10_000), landing(40_000, { by: "requeuer", sightMs: 39_000 })];
    const failed = (begunMs: number, endedMs: number, by: FailedDelete["by"] = "relay") =>
      twice(landings, [], { failedDeletes: [{ by, begunMs, endedMs }] });
    expect(failed(9_000, 14_000).duplicates).toEqual(new Map([["delete failed", 1]]));
    expect(failed(16_900, 16_950).violations).toEqual([]);
    expect(failed(9_000, 9_900).violations).toEqual(CAUSELESS);
    expect(failed(17_100, 19_000).violations).toEqual(CAUSELESS);
    expect(failed(9_000, 14_000, "requeuer").violations).toEqual(CAUSELESS);
    // Its own delete was sent: it waited for none.
    const failedDeletes: readonly FailedDelete[] = [{ by: "relay", begunMs: 9_000, endedMs: 14_000 }];
    expect(twice(landings, [deleted(15_000)], { failedDeletes }).violations).toEqual(CAUSELESS);
  });

  it("where no good check followed in time, and not where one did", () => {
    const landings = [landing(100), landing(900)];
    expect(twice(landings, [], { checks: [check(110, false)] }).violations).toEqual([]);
    expect(twice(landings, [], { checks: [check(50, true)] }).violations).toEqual(CAUSELESS);
    expect(twice(landings, [], { checks: [check(110, true), check(150, false)] }).violations).toEqual(CAUSELESS);
  });

  it("where two had the row in hand, and not where the second saw it after its delete", () => {
    const both = (sightMs: number) => [landing(100), landing(200, { by: "requeuer", sightMs })];
    expect(twice(both(90), [deleted(120)]).duplicates).toEqual(new Map([["two actors at once", 1]]));
    expect(twice(both(130), [deleted(120)]).violations).toEqual(CAUSELESS);
  });

  it("where the second saw the row before the first one's event came, whatever became of the first one's delete", () => {
    const both = (sightMs: number) => [landing(100), landing(200, { by: "requeuer", sightMs })];
    expect(twice(both(90), []).duplicates).toEqual(new Map([["two actors at once", 1]]));
    expect(twice(both(110), []).violations).toEqual(CAUSELESS);
  });

  it("where a relay that did not look was brought its records again, for one before it was killed", () => {
    const landings = [landing(100, { by: "requeuer" }), landing(200)];
    const deletes = [deleted(120, { by: "requeuer" })];
    expect(twice(landings, deletes, { kills: [kill("relay", 80)] }).duplicates).toEqual(
      new Map([["process killed", 1]]),
    );
    expect(twice(landings, deletes).violations).toEqual(CAUSELESS);
  });

  it("which what the bus took while it was away does not need", () => {
    const landings = [landing(100), landing(200)];
    const absences = [{ fromMs: 90, toMs: 150 }];
    expect(twice(landings, [], { received: received("e"), absences }).violations).toEqual([]);
    expect(twice(landings, [], { absences }).violations).toEqual(CAUSELESS);
  });

  it("where the bus went in the middle of a call that it still took", () => {
    const absences = [{ fromMs: 98, toMs: 150 }];
    const checks = [check(101, false), check(160, true)];
    const landings = [landing(100), landing(200)];
    expect(twice(landings, [], { absences, checks }).duplicates).toEqual(new Map([["existence unproven", 1]]));
    // Both copies are of later calls: what the bus may have taken then explains none of them.
    const later = [...landings, landing(300)];
    expect(twice(later, [deleted(250)], { absences, checks }).violations).toEqual(CAUSELESS);
  });
});
