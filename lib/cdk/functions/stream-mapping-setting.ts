import { readFields, readMatch } from "../../contract/settings/setting-reader.ts";

/**
 * Makes the next deploy create the event source mapping again, after somebody deleted it, or switched the table's
 * stream off and on, which makes another stream. The template is unchanged then, so a deploy alone would change
 * nothing. `outbox-relay doctor` prints the value. Keep it: without it the next deploy makes the former mapping.
 */
export interface StreamMappingSetting {
  /** Part of the mapping's logical id: letters and digits, up to 32. A different id makes another mapping. */
  readonly id: string;
  /**
   * The label of the stream to read, the end of its ARN: CloudFormation may know only the stream that it made itself.
   *
   * @default the stream that the table, or its import, names
   */
  readonly streamLabel?: string;
}

const ID = /^[A-Za-z0-9]{1,32}$/;
const STREAM_LABEL = /^[\w:.+-]{1,64}$/;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readStreamMapping(path: string, value: unknown): StreamMappingSetting {
  const { id, streamLabel } = readFields(path, value, ["id", "streamLabel"]);
  return {
    id: readMatch(`${path}.id`, id, ID, "it must be up to 32 letters and digits, others than before"),
    ...(streamLabel === undefined
      ? {}
      : {
          streamLabel: readMatch(
            `${path}.streamLabel`,
            streamLabel,
            STREAM_LABEL,
            "it must be what follows /stream/ in the stream's ARN, such as 2026-01-31T12:00:00.000",
          ),
        }),
  };
}
