/** The place of an alarm in the runbook: its name in words, as a Markdown renderer makes an anchor of its heading. */
export const runbookAnchor = (alarmName: string): string => alarmName.toLowerCase();

export const runbookLink = (runbook: string, alarmName: string): string => `${runbook}#${runbookAnchor(alarmName)}`;
