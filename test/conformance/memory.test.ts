import { describeDeadLetterQueue } from "./dead-letter-queue-contract.ts";
import { memoryOperator, memoryQueue, memoryTable } from "./engines/memory.ts";
import { describeForeignMarks } from "./foreign-marks-contract.ts";
import { describeForeignRows } from "./foreign-rows-contract.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOperatorTable } from "./operator-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";

describeOutboxTable("in memory", memoryTable);
describeKeyTable("in memory", memoryTable);
describeDeadLetterQueue("in memory", memoryQueue);
describeOperatorTable("in memory", memoryOperator);
describeForeignRows("in memory", memoryOperator, { keepsNotations: true });
describeForeignMarks("in memory", memoryOperator, { hasLeases: false });
