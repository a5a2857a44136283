import { describeDeadLetterQueue } from "./dead-letter-queue-contract.ts";
import { operatorInMemory, queueInMemory, tableInMemory } from "./engines/memory.ts";
import { describeForeignMarks } from "./foreign-marks-contract.ts";
import { describeForeignRows } from "./foreign-rows-contract.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOperatorTable } from "./operator-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";
import { describeReplayRows } from "./replay-rows-contract.ts";

describeOutboxTable("in memory", tableInMemory);
describeKeyTable("in memory", tableInMemory);
describeDeadLetterQueue("in memory", queueInMemory);
describeOperatorTable("in memory", operatorInMemory);
describeReplayRows("in memory", operatorInMemory);
describeForeignRows("in memory", operatorInMemory, { keepsNotations: true });
describeForeignMarks("in memory", operatorInMemory, { hasLeases: false });
