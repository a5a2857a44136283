import { describeDeadLetterQueue } from "./dead-letter-queue-contract.ts";
import { memoryQueue, memoryTable } from "./engines/memory.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";

describeOutboxTable("in memory", memoryTable);
describeKeyTable("in memory", memoryTable);
describeDeadLetterQueue("in memory", memoryQueue);
