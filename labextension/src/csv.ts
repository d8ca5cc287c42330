// Comma-separated values that a spreadsheet may open without harm.

/** One value. Texts that a spreadsheet would take for formulas begin with an apostrophe. */
export function csvCell(value: unknown): string {
  const isText = typeof value === 'string';
  const text = isText ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  const safe = isText && /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}
