// Light or dark: as the system has it, or as the reader has chosen. Each theme is a style sheet of the page's head.
import type { UiState } from '../uistate';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STATE = 'page:theme';

function isTheme(value: unknown): value is Theme {
  return THEMES.some(theme => theme === value);
}

export async function keptTheme(state: UiState): Promise<Theme> {
  const kept = await state.get(STATE);
  return isTheme(kept) ? kept : 'system';
}

export function applyTheme(theme: Theme): void {
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[data-theme]')) {
    const own = link.dataset['theme'] ?? '';
    link.media =
      theme === 'system' ? `(prefers-color-scheme: ${own})` : theme === own ? 'all' : 'not all';
  }
}

export function setTheme(theme: Theme, state: UiState): void {
  state.set(STATE, theme);
  applyTheme(theme);
}
