import { seededRandom } from "../../../dev/demo/seeded-random.ts";
import type { Random } from "../../../lib/core/ports.ts";
import { type Chances, chancesOf } from "../faults.ts";
import type { FaultMix } from "./fault-names.ts";
import type { ArchiveScenario } from "./scenario-shape.ts";

/** The share of storms that have an archive, of whatever kind they are. */
const ARCHIVED_SHARE = 0.25;
/** The share of these in which the archive works, so that its audit leaves nothing undecided. */
const SOUND_SHARE = 0.4;
const MOST_REMOVALS = 3;

const ARCHIVE_MIXES: readonly FaultMix[] = [
  { faults: ["archive refused"], chances: [0, 0.1, 0.5] },
  { faults: ["archive's answer lost", "object landed late"], chances: [0, 0.1, 0.3] },
  { faults: ["archive slow"], chances: [0, 0, 0.2, 0.6] },
  { faults: ["archive away for a while"], chances: [0, 0.3, 0.5] },
  { faults: ["note refused"], chances: [0, 0.2, 0.6] },
  { faults: ["notes refused for a while"], chances: [0, 0, 0.3] },
];

export interface ArchivedStorm {
  readonly scenario: ArchiveScenario;
  readonly chances: Chances;
  /** Everything about the archive is drawn from this, so that a storm without one is the storm that it always was. */
  readonly random: Random;
}

/** Whether a seed's storm has an archive, and which. Decided by the seed alone, beside everything else that it decides. */
export function archivedStorm(seed: number): ArchivedStorm | undefined {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  if (random() >= ARCHIVED_SHARE) return undefined;
  const isSound = random() < SOUND_SHARE;
  return {
    scenario: { withPayload: random() < 0.5, removals: Math.floor(random() * (MOST_REMOVALS + 1)) },
    chances: isSound ? [] : chancesOf(ARCHIVE_MIXES, random),
    random,
  };
}
