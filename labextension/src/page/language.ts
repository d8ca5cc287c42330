// The texts of the page in the language of the browser, from the catalogues that JupyterLab reads, too.
import type { Translate } from '../tokens';
import { english, fill } from '../trans';

/** What scripts/catalogue.mjs writes: a text, and what it is in the language, in each of the language's plural forms. */
type Catalogue = Record<string, string[]>;

/** The catalogues that there are, by the language that a browser asks for. */
const LOCALES: Record<string, string> = { pl: 'pl_PL' };

/** The order in which a catalogue has the forms of a counted text, of those that its language has. */
const FORMS = ['zero', 'one', 'two', 'few', 'many', 'other'];

/** A translator by a catalogue; what it lacks is English. JupyterLab's own makes code of a text, which the policy of the page forbids. */
export function translator(language: string, catalogue: Catalogue): Translate {
  const rules = new Intl.PluralRules(language);
  const { pluralCategories } = rules.resolvedOptions();
  const forms = FORMS.filter(form => (pluralCategories as string[]).includes(form));
  return {
    __: (text, ...args) => fill(catalogue[text]?.[0] ?? text, args),
    _n(singular, plural, n, ...args) {
      const text = catalogue[singular]?.[forms.indexOf(rules.select(n))];
      return fill(text ?? (n === 1 ? singular : plural), [n, ...args]);
    }
  };
}

/** The translator for the first of these languages that we speak; the document says which. */
export async function translatorFor(languages: readonly string[]): Promise<Translate> {
  const spoken = languages
    .map(tag => tag.split('-', 1)[0] ?? '')
    .find(tag => tag === 'en' || LOCALES[tag] !== undefined);
  const locale = LOCALES[spoken ?? 'en'];
  if (spoken === undefined || locale === undefined) {
    return english;
  }
  // A pattern, for the catalogues are made by the build: esbuild puts each into a file of its own.
  const file = (await import(
    `../../../jupyter_runs/locale/${locale}/LC_MESSAGES/jupyter_runs.json`
  )) as { default: Catalogue };
  document.documentElement.lang = spoken;
  return translator(spoken, file.default);
}
