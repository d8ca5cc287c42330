// Where components get their texts translated: JupyterLab's bundle inside Lab, the catalogue of the browser's language on the
// page of its own, the English text elsewhere.
import { createContext, useContext } from 'react';
import type { Translate } from './tokens';

/** Puts the arguments in the places of a text: `%1`, `%2` and so on. */
export function fill(text: string, args: (string | number)[]): string {
  return text.replace(/%(\d+)/g, (whole, n: string) => {
    const value = args[Number(n) - 1];
    return value === undefined ? whole : String(value);
  });
}

/** English, where there are no translations. */
export const english: Translate = {
  __: (text, ...args) => fill(text, args),
  _n: (singular, plural, n, ...args) => fill(n === 1 ? singular : plural, [n, ...args])
};

export const TransContext = createContext<Translate>(english);

/** The translator of the surface this component is in. */
export function useTrans(): Translate {
  return useContext(TransContext);
}
