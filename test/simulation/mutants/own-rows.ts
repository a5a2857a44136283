export const WHOLE_PAGE = "const page = await readKey(keyGroup.pk, { ceiling: keyGroup.ceiling, limit });";
/** A key group that takes its own records for the whole key. */
export const OWN_ROWS =
  `${WHOLE_PAGE.replace("page", "whole")}\n` +
  "    const own = new Set(keyGroup.all.map(({ row }) => row.key.sk));\n" +
  "    const page = { ...whole, rows: whole.rows.filter(({ key }) => own.has(key.sk)) };";
