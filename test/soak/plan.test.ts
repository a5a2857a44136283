import { expect, it } from "vitest";
import { seededRandom } from "../../dev/demo/seeded-random.ts";
import { FAULT_KINDS, INCIDENTS, incidents, storms } from "./plan.ts";

function taken<Value>(count: number, of: Generator<Value, never>): readonly Value[] {
  return Array.from({ length: count }, () => of.next().value);
}

it("the same seed makes the same storms and incidents, and another seed makes others", () => {
  const plan = (seed: number) => [taken(50, storms(seededRandom(seed))), taken(50, incidents(seededRandom(seed)))];
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

it("a run of five minutes meets every kind of fault, every aim and every incident", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const span = { ms: 0 };
    const within = (ms: number) => {
      span.ms += ms;
      return span.ms < 240_000;
    };
    const met = taken(60, storms(seededRandom(seed))).filter(({ lastsMs, calmMs }) => within(lastsMs + calmMs));
    expect(new Set(met.flatMap(({ strikes }) => strikes.map(({ kind }) => kind)))).toEqual(new Set(FAULT_KINDS));
    expect(new Set(met.flatMap(({ strikes }) => strikes.map(({ aim }) => aim))).size).toBe(6);
    span.ms = 0;
    const happened = taken(60, incidents(seededRandom(seed))).filter(({ pauseMs, lastsMs }) =>
      within(pauseMs + lastsMs),
    );
    expect(new Set(happened.map(({ incident }) => incident))).toEqual(new Set(INCIDENTS));
  }
});

it("an hour kills two hundred times and more", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    let ms = 0;
    let kills = 0;
    for (const { incident, pauseMs, lastsMs } of incidents(seededRandom(seed))) {
      // A kill ends at once, and a kill in a call ends when the call has come.
      ms += pauseMs + (incident.startsWith("kill") ? 2_000 : lastsMs);
      if (ms > 3_600_000) break;
      if (incident === "kill both") kills += 2;
      else if (incident.startsWith("kill")) kills += 1;
    }
    expect(kills).toBeGreaterThan(200);
  }
});
