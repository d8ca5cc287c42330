// What the submit dialog collects, and what of it goes to the server: plain values and their checks.
import type { SubmitRequest, Translate } from './tokens';

/** The fields of the form, as they were typed. */
export interface SubmitForm {
  path: string;
  /** Empty: the folder of the script. */
  folder: string;
  arguments: string;
  experiment: string;
  target: string;
  name: string;
  tags: string;
  limit: string;
  variables: string;
}

export const EMPTY_FORM: SubmitForm = {
  path: '',
  folder: '',
  arguments: '',
  experiment: '',
  target: 'local',
  name: '',
  tags: '',
  limit: '',
  variables: ''
};

/** Something in the form that cannot be sent, in one line. */
export class FormError extends Error {}

/** The folder of a path with `/`; `.` at the top. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '.' : path.slice(0, at) || '.';
}

/** Whether a file can be run as a script. */
export function isScript(path: string): boolean {
  return /\.(py|ipynb)$/i.test(path);
}

/** A name for an experiment, made of a file's: letters, digits, `_` and `-`. */
export function experimentFor(path: string): string {
  const stem = path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '');
  return stem.slice(0, 255) || 'default';
}

/** Seconds of `90`, `90s`, `15m`, `2h`, `1d`; null for an empty text. */
export function secondsOf(text: string, trans: Translate): number | null {
  const typed = text.trim().toLowerCase();
  if (typed === '') {
    return null;
  }
  const match = /^(\d+(?:\.\d+)?)\s*([smhd]?)$/.exec(typed);
  if (!match) {
    throw new FormError(trans.__('Time limit: write e.g. 90s, 15m, 2h or 1d, not %1.', text));
  }
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[match[2] || 's'] ?? 1;
  return Number(match[1]) * unit;
}

/** `quality=good, baseline` → a tag with a value and one without. A comma within a value is written in quotes. */
export function tagsOf(text: string, trans: Translate): Record<string, string | null> {
  const tags: Record<string, string | null> = {};
  for (const part of text.match(/(?:"[^"]*"|[^,"])+/g) ?? []) {
    if (part.trim() === '') {
      continue;
    }
    const at = part.indexOf('=');
    const key = (at < 0 ? part : part.slice(0, at)).trim();
    const value = at < 0 ? null : part.slice(at + 1).trim();
    if (key === '') {
      throw new FormError(trans.__('Tags: %1 has no name; write key or key=value.', part.trim()));
    }
    tags[key] = value?.replace(/^"(.*)"$/, '$1') ?? null;
  }
  return tags;
}

/** One `NAME=value` a line. */
export function variablesOf(text: string, trans: Translate): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') {
      continue;
    }
    const at = line.indexOf('=');
    if (at < 1) {
      throw new FormError(trans.__('Environment: write NAME=value on each line, not %1.', line));
    }
    variables[line.slice(0, at).trim()] = line.slice(at + 1);
  }
  return variables;
}

/** What is sent; throws a `FormError` for what cannot be. */
export function requestOf(form: SubmitForm, trans: Translate): SubmitRequest {
  const path = form.path.trim().replace(/^\.?\//, '');
  if (path === '') {
    throw new FormError(trans.__('Script: name a Python file or a notebook.'));
  }
  if (form.experiment.trim() === '') {
    throw new FormError(trans.__('Experiment: give it a name.'));
  }
  const folder = form.folder.trim().replace(/\/+$/, '') || folderOf(path);
  const inside = folder === '.' || path.startsWith(`${folder}/`);
  if (!inside) {
    throw new FormError(trans.__('Source folder: %1 is not in %2.', path, folder));
  }
  return {
    source_directory: folder,
    script: folder === '.' ? path : path.slice(folder.length + 1),
    arguments: form.arguments.trim(),
    experiment: form.experiment.trim(),
    compute_target: form.target,
    name: form.name.trim() || null,
    tags: tagsOf(form.tags, trans),
    max_run_duration_seconds: secondsOf(form.limit, trans),
    environment_variables: variablesOf(form.variables, trans)
  };
}
