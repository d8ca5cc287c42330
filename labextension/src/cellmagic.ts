// The line that makes a cell a run.

/** Blank lines and comments may stand above the magic. */
const IS_RUN = /^(?:[ \t]*(?:#[^\n]*)?\n)*%%(?:run_experiment|run_background|child_run)\b/;

/** The source with `%%run_experiment` above it; as it is when it begins with such a line. */
export function asExperiment(source: string): string {
  return IS_RUN.test(source) ? source : `%%run_experiment\n${source}`;
}
