// Parts of addresses: queries without what is empty, names with slashes.

export type Query = Record<string, string | number | readonly string[] | null | undefined>;

/** `?a=1&b=2`; what is empty is left out, a list comes once a value. */
export function queryOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (Array.isArray(value)) {
      value.forEach(one => search.append(key, String(one)));
    } else if (value !== null && value !== undefined && value !== '') {
      search.set(key, String(value));
    }
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

/** A name with slashes as part of an address. */
export function slashed(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
