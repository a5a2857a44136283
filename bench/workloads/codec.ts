import { type CodecOrder, type CodecTimes, DATA_FORMS, type DataForm } from "../codec-times.ts";
import { ratioOf, summaryOf } from "../report/statistics.ts";
import { number } from "../report/table.ts";
import type { Bench, Goal, Row, Workload } from "../workload.ts";

/** Rounds are short and noisy, so there are many; the first half second is for compiling. */
const ROUNDS_OF_ONE = 5;
const WARM_UP_ROUNDS = 30;

const NOTES: Readonly<Partial<Record<DataForm, string>>> = {
  M: "A map has to be written out as text; reading the record alone does none of it.",
};

const PARSED: Readonly<Record<DataForm, string>> = {
  S: "JSON.parse of the record, and of its data",
  M: "JSON.parse of the record",
  gzip: "JSON.parse of the record, gunzip and JSON.parse of its data",
};

async function measured(bench: Bench): Promise<CodecTimes> {
  bench.progress("Measuring");
  const child = bench.start(await bench.program("contenders/codec.ts"), { core: "client" });
  child.send({ rounds: ROUNDS_OF_ONE * bench.rounds, warmUpRounds: WARM_UP_ROUNDS } satisfies CodecOrder);
  return child.next<CodecTimes>();
}

function rowOf(
  name: string,
  against: string,
  goal: Goal,
  [ours = [], theirs = []]: readonly (readonly number[])[],
): Row {
  return {
    name,
    unit: "us CPU per event",
    ours: summaryOf(ours),
    against: { name: against, value: summaryOf(theirs) },
    ratio: "atMost" in goal ? ratioOf(ours, theirs) : ratioOf(theirs, ours),
    goal,
  };
}

export const decode: Workload = {
  name: "decode",
  about: "From a stream record's text to a CloudEvent's text, beside reading the text and making nothing of it.",
  async run(bench) {
    const times = await measured(bench);
    return DATA_FORMS.map((form) => {
      const pair = [times[`decode ${form} ours`] ?? [], times[`decode ${form} theirs`] ?? []];
      const note = NOTES[form];
      const row = rowOf(`decode, data as ${form}`, PARSED[form], { atMost: 1.2 }, pair);
      return note === undefined ? row : { ...row, note };
    });
  },
};

export const encode: Workload = {
  name: "encode",
  about: "From an event to its row, beside the SDK's own helper.",
  async run(bench) {
    const times = await measured(bench);
    const pair = [times["encode ours"] ?? [], times["encode theirs"] ?? []];
    const checked = summaryOf(times["encode checked"] ?? []).median;
    return [
      {
        ...rowOf("encode", "marshall of @aws-sdk/util-dynamodb", { atLeast: 1 }, pair),
        note: `The writer also reads the row as the relay will, and refuses what is too large: ${number(checked)} us with that.`,
      },
    ];
  },
};
