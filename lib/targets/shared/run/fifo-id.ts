import { createHash } from "node:crypto";

/** A group or deduplication id that SQS and SNS allow: 1 to 128 letters, digits and ASCII punctuation. */
const FIFO_ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** Any other id is hashed: the same id always gives the same string, and two ids give two. */
export const fifoId = (id: string): string => (FIFO_ID.test(id) ? id : createHash("sha256").update(id).digest("hex"));
