// Texts of the front end in other languages: takes them out of the code, keeps the .po files in step, turns those into what
// JupyterLab reads.
//
//   node scripts/catalogue.mjs            update the .po files and write the .json files
//   node scripts/catalogue.mjs --json     only write the .json files
//   node scripts/catalogue.mjs --check    say what is wrong with the .po files; with --complete also what is missing
import { GettextExtractor, JsExtractors } from 'gettext-extractor';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import PO from 'pofile';

const DOMAIN = 'jupyter_runs';
const LOCALES = 'jupyter_runs/locale';
const SOURCES = 'labextension/src/**/!(*.spec).@(ts|tsx)';

const SINGULAR = { arguments: { text: 0 } };
const PLURAL = { arguments: { text: 0, textPlural: 1 } };
/** What the code says (a rule of ESLint keeps texts where they are found): text -> the entry of the catalogue. A text is either counted or not: JupyterLab cannot tell them apart. */
function extract() {
  const take = (name, options) => {
    const extractor = new GettextExtractor();
    extractor.createJsParser([JsExtractors.callExpression(name, options)]).parseFilesGlob(SOURCES);
    return extractor.getMessages();
  };
  const plain = take('trans.__', SINGULAR);
  const counted = take('trans._n', PLURAL);
  const both = plain.filter(({ text }) => counted.some(one => one.text === text));
  return { messages: [...plain, ...counted].sort((a, b) => (a.text < b.text ? -1 : 1)), both };
}

function languages() {
  return existsSync(LOCALES) ? readdirSync(LOCALES).filter(name => existsSync(poFile(name))) : [];
}

function poFile(language) {
  return join(LOCALES, language, 'LC_MESSAGES', `${DOMAIN}.po`);
}

function load(language) {
  return PO.parse(readFileSync(poFile(language), 'utf8'));
}

const isTranslated = item => item.msgstr.length > 0 && item.msgstr.every(text => text !== '');

/** Every text of the code has an entry, in order; what nobody says any more is gone, and its translation with it. */
function update(language, messages) {
  const po = load(language);
  const known = new Map(po.items.map(item => [item.msgid, item]));
  const forms = Number(/nplurals=(\d+)/.exec(po.headers['Plural-Forms'])?.[1] ?? 2);
  po.items = messages.map(({ text, textPlural, references }) => {
    const item = new PO.Item({ nplurals: forms });
    const old = known.get(text);
    const fits = old && (old.msgid_plural ?? null) === (textPlural ?? null);
    item.msgid = text;
    item.msgid_plural = textPlural ?? null;
    item.msgstr = fits ? old.msgstr : Array(textPlural ? forms : 1).fill('');
    // Only the files: with line numbers every change of the code would be one of the catalogue.
    item.references = [...new Set(references.map(place => place.replace(/:\d+$/, '')))].sort();
    item.comments = old?.comments ?? [];
    return item;
  });
  writeFileSync(poFile(language), `${po.toString().trimEnd()}\n`);
}

/** What JupyterLab reads: only what is translated, for an empty text would be shown as one. */
function writeJson(language) {
  const po = load(language);
  const catalogue = {
    '': {
      domain: DOMAIN,
      language: language.replace('_', '-'),
      plural_forms: po.headers['Plural-Forms'],
      version: DOMAIN
    }
  };
  po.items.filter(isTranslated).forEach(item => (catalogue[item.msgid] = item.msgstr));
  const file = poFile(language).replace(/po$/, 'json');
  writeFileSync(file, `${JSON.stringify(catalogue, null, 1)}\n`);
}

const places = text => new Set(text.match(/%\d+/g) ?? []);

/** A translation says the same places, `%1` and so on, as the English text of the same number; a form for one thing may leave out the number. */
function misplaced(item) {
  return item.msgstr.some((text, form) => {
    const isOne = item.msgid_plural && form === 0;
    const wanted = places(isOne ? item.msgid : (item.msgid_plural ?? item.msgid));
    const said = places(text);
    const extra = [...said].some(place => !wanted.has(place) && !(isOne && place === '%1'));
    const missing = [...wanted].some(place => !said.has(place) && !(isOne && place === '%1'));
    return text !== '' && (extra || missing);
  });
}

function problemsOf(language, messages, isComplete) {
  const { items } = load(language);
  const said = new Map(messages.map(({ text, textPlural }) => [text, textPlural ?? null]));
  const known = new Map(items.map(item => [item.msgid, item]));
  const missing = messages.filter(({ text }) => !known.has(text) || !isTranslated(known.get(text)));
  // Of what was never translated nothing is lost.
  const obsolete = items.filter(
    item => isTranslated(item) && said.get(item.msgid) !== (item.msgid_plural ?? null)
  );
  const lines = [
    ...obsolete.map(item => `obsolete: ${JSON.stringify(item.msgid)}`),
    ...items
      .filter(misplaced)
      .map(item => `other places than the English text: ${JSON.stringify(item.msgid)}`),
    ...(isComplete ? missing.map(({ text }) => `missing: ${JSON.stringify(text)}`) : [])
  ];
  console.log(
    `${language}: ${messages.length - missing.length} of ${messages.length} texts are translated`
  );
  return lines.map(line => `${poFile(language)}: ${line}`);
}

const flags = new Set(process.argv.slice(2));
if (flags.has('--json')) {
  languages().forEach(writeJson);
} else {
  const { messages, both } = extract();
  const problems = both.map(
    ({ text, references }) => `${references[0]}: with and without a number: ${JSON.stringify(text)}`
  );
  if (flags.has('--check')) {
    languages().forEach(one =>
      problems.push(...problemsOf(one, messages, flags.has('--complete')))
    );
  } else {
    languages().forEach(one => update(one, messages));
    languages().forEach(writeJson);
  }
  if (problems.length > 0) {
    console.error(problems.join('\n'));
    process.exitCode = 1;
  }
}
