import { createHash } from "node:crypto";

/** What SQS and SNS allow in a group or deduplication id: 1 to 128 letters, digits and ASCII punctuation. */
const FIFO_ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** Any other id is hashed: the same id gives the same text, and two ids give two. */
export const fifoId = (id: string): string => (FIFO_ID.test(id) ? id : createHash("sha256").update(id).digest("hex"));
