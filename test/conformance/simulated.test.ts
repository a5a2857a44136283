import { describeDeadLetterQueue } from "./dead-letter-queue-contract.ts";
import { simulatedQueue, simulatedTable } from "./engines/simulated.ts";
import { describeKeyTable } from "./key-table-contract.ts";
import { describeOutboxTable } from "./outbox-table-contract.ts";

describeOutboxTable("simulated", simulatedTable);
describeKeyTable("simulated", simulatedTable);
describeDeadLetterQueue("simulated", simulatedQueue);
