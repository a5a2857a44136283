import type { Stage, StageOptions } from "./stage.ts";

/** One thing that goes wrong, and how the protocol deals with it. */
export interface Story extends StageOptions {
  /** Its file is named after it. */
  readonly name: string;
  readonly play: (stage: Stage) => Promise<void>;
}

const DUE_SECONDS = 130;

export const STORIES: readonly Story[] = [
  {
    name: "lost answer",
    async play(stage) {
      const record = stage.write("e1");
      stage.say("The target takes e1, and the answer is lost: it is sent again, and arrives twice");
      stage.faults.next("acknowledgement lost");
      await stage.play(stage.relay("relay1", record));
    },
  },
  {
    name: "poison key",
    ordering: "per-key",
    async play(stage) {
      const records = [
        stage.write("a1", ["a", 1]),
        stage.write("a2", ["a", 2]),
        stage.write("b1", ["b", 1]),
        stage.write("b2", ["b", 2]),
      ];
      stage.services.target.poison.add("a1");
      stage.faults.next("entry refused", 2);
      stage.say("The target refuses a1: its key is parked, b goes on");
      await stage.play(stage.relay("relay1", ...records));
      stage.pass(DUE_SECONDS);
      stage.say("It refuses it again, and the key rests for longer");
      await stage.play(stage.requeuer("requeuer1"));
      stage.pass(2 * DUE_SECONDS);
      stage.say("Somebody has mended what is behind the target");
      await stage.play(stage.requeuer("requeuer1"));
    },
  },
  {
    name: "crash between acknowledgement and delete",
    async play(stage) {
      const records = [stage.write("e1"), stage.write("e2")];
      stage.say("The relay dies with acknowledged rows that it has not deleted yet");
      stage.crashBefore("relay deleteRows");
      await stage.play(stage.relay("relay1", ...records));
      stage.pass(10);
      stage.say("The stream brings the batch again, to another process, which asks the table first");
      await stage.play(stage.relay("relay2", ...records));
    },
  },
  {
    name: "sweep meeting the relay",
    async play(stage) {
      const records = [stage.write("e1"), stage.write("e2")];
      stage.pass(DUE_SECONDS);
      stage.say("The stream was late: the relay is handed rows that the sweep takes at the same time");
      await stage.play(stage.requeuer("requeuer1"), stage.relay("relay1", ...records));
    },
  },
  {
    name: "unknown bus",
    isChecked: true,
    async play(stage) {
      stage.services.target.isMissing = true;
      const records = [stage.write("e1"), stage.write("e2")];
      stage.say("The bus is not there: nothing is published, both are parked without a mark");
      await stage.play(stage.relay("relay1", ...records));
      stage.pass(DUE_SECONDS);
      stage.say("A run of the requeuer looks, and ends");
      await stage.play(stage.requeuer("requeuer1"));
      stage.services.target.isMissing = false;
      stage.pass(DUE_SECONDS);
      stage.say("The bus is there: what is acknowledged is deleted after a check that began later");
      await stage.play(stage.requeuer("requeuer1"));
    },
  },
  {
    name: "throttling target",
    async play(stage) {
      const records = [stage.write("e1"), stage.write("e2")];
      stage.faults.next("publish throttled", 2);
      stage.say("Throttled twice, which is all its attempts: parked without a mark, and the breaker stays shut");
      await stage.play(stage.relay("relay1", ...records));
      stage.faults.next("publish throttled");
      stage.pass(DUE_SECONDS);
      stage.say("The requeuer's first call is throttled too: it waits a second, and the run goes on");
      await stage.play(stage.requeuer("requeuer1"));
    },
  },
  {
    name: "partial batch failure",
    async play(stage) {
      const records = [stage.write("e1"), stage.write("e2"), stage.write("e3")];
      stage.faults.next("partial batch failure");
      stage.say("One entry of a call fails: it alone is sent again");
      await stage.play(stage.relay("relay1", ...records));
    },
  },
  {
    name: "lease taken over",
    async play(stage) {
      stage.write("e1");
      stage.pass(DUE_SECONDS);
      stage.say("A requeuer dies with the lease in its hand");
      stage.crashBefore("requeuer publish");
      await stage.play(stage.requeuer("requeuer1"));
      stage.say("The next one finds it held, and ends");
      await stage.play(stage.requeuer("requeuer2"));
      stage.pass(DUE_SECONDS);
      stage.say("When the lease is over it is taken");
      await stage.play(stage.requeuer("requeuer2"));
    },
  },
  {
    name: "ordered strict gap",
    ordering: "strict",
    async play(stage) {
      const second = stage.write("a2", ["a", 2]);
      stage.say("Only the second event of the key is there: nobody is before it in the table, so it goes");
      await stage.play(stage.relay("relay1", second));
      const third = stage.write("a3", ["a", 3]);
      const fourth = stage.write("a4", ["a", 4]);
      stage.say("The stream brings the fourth without the third: the table has both");
      await stage.play(stage.relay("relay1", fourth));
      stage.say("The third's record finds its row delivered");
      await stage.play(stage.relay("relay1", third));
    },
  },
  {
    name: "parked key reopened",
    ordering: "per-key",
    async play(stage) {
      const first = stage.write("a1", ["a", 1]);
      stage.services.target.isDown = true;
      stage.say("The target is down: the key is parked");
      await stage.play(stage.relay("relay1", first));
      stage.services.target.isDown = false;
      const second = stage.write("a2", ["a", 2]);
      stage.say("A later event of the key finds it parked, and touches its record");
      await stage.play(stage.relay("relay1", second));
      stage.pass(DUE_SECONDS);
      stage.say("The requeuer delivers both in order, and opens the key");
      await stage.play(stage.requeuer("requeuer1"));
    },
  },
  {
    name: "atomic batch",
    ordering: "per-key",
    async play(stage) {
      stage.services.target.atomicBatches = true;
      const records = [stage.write("a1", ["a", 1]), stage.write("a2", ["a", 2]), stage.write("a3", ["a", 3])];
      stage.faults.next("publish failed");
      stage.say("A call takes all or nothing: a key's rows share it, in order");
      await stage.play(stage.relay("relay1", ...records));
    },
  },
  {
    name: "one destination of two is silent",
    async play(stage) {
      stage.services.target.hangs = true;
      const records = [stage.write("e1", undefined, "hangs"), stage.write("e2"), stage.write("e3")];
      stage.say("Nobody answers for e1's destination: the other's events go at once");
      await stage.play(stage.relay("relay1", ...records));
      stage.services.target.hangs = false;
      stage.pass(DUE_SECONDS);
      stage.say("It answers again");
      await stage.play(stage.requeuer("requeuer1"));
    },
  },
  {
    name: "archive refuses for a while",
    isArchived: true,
    async play(stage) {
      const { archive } = stage.services;
      Object.assign(archive ?? {}, { isAway: true });
      const records = [stage.write("e1"), stage.write("e2")];
      stage.say("The archive takes nothing: after 2 s it is noted that lines are missing, and then the rows go");
      await stage.play(stage.relay("relay1", ...records));
      stage.say("Nobody waits for it now");
      await stage.play(stage.relay("relay1", stage.write("e3")));
      Object.assign(archive ?? {}, { isAway: false });
      stage.pass(60);
      stage.say("It is back: the next object takes along what is late");
      await stage.play(stage.relay("relay1", stage.write("e4")));
    },
  },
  {
    name: "crash between receipt and delete",
    isArchived: true,
    async play(stage) {
      const records = [stage.write("e1"), stage.write("e2")];
      stage.say("The relay dies with receipts that are kept and rows that it has not deleted yet");
      stage.crashBefore("relay deleteRows");
      await stage.play(stage.relay("relay1", ...records));
      stage.pass(10);
      stage.say("The stream brings the batch again: two receipts tell of an exact duplicate");
      await stage.play(stage.relay("relay2", ...records));
    },
  },
];
