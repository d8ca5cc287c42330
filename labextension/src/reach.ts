// The two ways to reach the server: by JupyterLab's connection, or from a bare page that Jupyter served.
import type { ServerConnection } from '@jupyterlab/services';
import { RunsApi } from './api';

/** The client inside JupyterLab and Notebook: base URL, token and XSRF are the application's. */
export function labApi(
  connection: typeof ServerConnection,
  settings: ServerConnection.ISettings
): RunsApi {
  const base = settings.baseUrl.endsWith('/') ? settings.baseUrl : `${settings.baseUrl}/`;
  return new RunsApi((path, init) => connection.makeRequest(base + path, init, settings));
}

function cookie(name: string): string | null {
  const found = document.cookie.match(new RegExp(`(?:^|; *)${name}=([^;]*)`));
  return found?.[1] ?? null;
}

/** The client for a page that Jupyter served but whose application we cannot ask; null on any other page. */
export function pageApi(): RunsApi | null {
  const element = document.getElementById('jupyter-config-data');
  let config: { baseUrl?: unknown; token?: unknown };
  try {
    config = JSON.parse(element?.textContent ?? 'null') ?? {};
  } catch {
    return null;
  }
  if (typeof config.baseUrl !== 'string') {
    return null;
  }
  const base = config.baseUrl.endsWith('/') ? config.baseUrl : `${config.baseUrl}/`;
  const token = typeof config.token === 'string' ? config.token : '';
  return new RunsApi((path, init) => {
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      ...(init.headers as Record<string, string> | undefined)
    };
    const xsrf = cookie('_xsrf');
    if (token) {
      headers['Authorization'] = `token ${token}`;
    }
    if (xsrf) {
      headers['X-XSRFToken'] = xsrf;
    }
    return fetch(base + path, { ...init, headers, credentials: 'same-origin' });
  });
}
